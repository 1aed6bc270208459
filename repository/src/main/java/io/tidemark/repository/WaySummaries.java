package io.tidemark.repository;

import io.tidemark.postgres.Lsn;
import io.tidemark.postgres.WalSegment;
import io.tidemark.repository.WalWay.Leg;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Gatherers;
import java.util.stream.Stream;

/** The summaries of the segments on a way, read log by log and only as far as they are wanted. */
final class WaySummaries {
  /** Logs read ahead. */
  private static final int AHEAD = 4;

  private final WalArchive archive;
  private final WalWay way;

  WaySummaries(WalArchive archive, WalWay way) {
    this.archive = archive;
    this.way = way;
  }

  /** Reads the summaries of the segments of one log. */
  private interface Step {
    List<SegmentSummary> read();
  }

  /** From the segment {@code from} to {@code to}, both on no timeline in particular, ascending. */
  Stream<SegmentSummary> ascending(WalSegment from, WalSegment to) {
    return steps(from, to).stream()
        .gather(Gatherers.mapConcurrent(AHEAD, Step::read))
        .flatMap(List::stream);
  }

  Stream<SegmentSummary> descending(WalSegment from, WalSegment to) {
    return steps(from, to).reversed().stream()
        .map(Step::read)
        .flatMap(summaries -> summaries.reversed().stream());
  }

  private List<Step> steps(WalSegment from, WalSegment to) {
    List<Step> steps = new ArrayList<>();
    List<Leg> legs = way.legs();
    for (int i = 0; i < legs.size(); i++) {
      Leg leg = legs.get(i);
      Lsn begin = Lsn.max(leg.first(), from.start());
      Lsn end = i + 1 < legs.size() ? Lsn.min(legs.get(i + 1).first(), to.end()) : to.end();
      if (begin.isBefore(end)) {
        WalSegment first = WalSegment.containing(leg.timeline(), begin, from.size());
        WalSegment last = WalSegment.containing(leg.timeline(), end.plus(-1), from.size());
        addFallback(steps, first);
        add(steps, first, last);
      }
    }
    return steps;
  }

  private void add(List<Step> steps, WalSegment first, WalSegment last) {
    Lister.Logs logs = archive.logs(first.timeline());
    for (WalSegment log : logs.between(first, last)) {
      steps.add(() -> archive.summariesOfLog(logs, log, first, last));
    }
  }

  /** Where a timeline's first segment is not there, its parent's is read. */
  private void addFallback(List<Step> steps, WalSegment segment) {
    List<Leg> asked = way.asked(segment.start());
    if (asked.size() > 1) {
      steps.add(
          () -> {
            for (Leg leg : asked) {
              WalSegment each = segment.on(leg.timeline());
              List<SegmentSummary> found = archive.summaries(each, each);
              if (!found.isEmpty()) {
                return leg.equals(asked.getFirst()) ? List.of() : found;
              }
            }
            return List.of();
          });
    }
  }
}
