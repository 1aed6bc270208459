package io.tidemark.analytics;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The ranges that are to be copied, for any number of workers. Each gets the next range of the
 * table that the fewest are at, of those the one with the most left: so rows stay as far as
 * possible in the source's order, in which keys mostly grow and an index of them is built much
 * quicker, and no long table is left alone at the end.
 */
final class CopyQueue {
  private static final Comparator<Work> NEXT =
      Comparator.<Work>comparingInt(work -> work.workers)
          .thenComparing(Comparator.<Work>comparingLong(work -> work.bytes).reversed());

  private static final class Work {
    final Deque<CopyRange> waiting = new ArrayDeque<>();
    long bytes;
    int workers;
  }

  private final Map<TableName, Work> tables = new LinkedHashMap<>();

  /**
   * @param ranges of each table in the order of its blocks
   */
  CopyQueue(List<CopyRange> ranges) {
    for (CopyRange range : ranges) {
      Work work = tables.computeIfAbsent(range.table().name(), _ -> new Work());
      work.waiting.add(range);
      work.bytes += range.bytes();
    }
  }

  /** What to copy next; null where nothing waits. */
  synchronized @Nullable CopyRange take() {
    List<Work> open = new ArrayList<>(tables.values());
    open.removeIf(work -> work.waiting.isEmpty());
    if (open.isEmpty()) {
      return null;
    }
    Work work = open.stream().min(NEXT).orElseThrow();
    CopyRange range = work.waiting.remove();
    work.bytes -= range.bytes();
    work.workers++;
    return range;
  }

  /**
   * Says that a range is copied.
   *
   * @return whether it was the last of its table
   */
  synchronized boolean isLast(CopyRange range) {
    Work work = tables.get(range.table().name());
    if (work == null) {
      throw new IllegalArgumentException("no range of this queue: " + range.name());
    }
    work.workers--;
    return work.workers == 0 && work.waiting.isEmpty();
  }

  /** Whether nothing waits. */
  synchronized boolean isEmpty() {
    return tables.values().stream().allMatch(work -> work.waiting.isEmpty());
  }
}
