package io.tidemark.analytics;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * For a table without a key whose whole old rows are sent: equal rows are counted, and as many are
 * added or removed as the changes come to.
 */
final class MultisetBatch implements TableBatch {
  private final MappedTable table;
  private final Map<RowKey, Integer> counts = new LinkedHashMap<>();
  private @Nullable Moment truncated;
  private long bytes;

  MultisetBatch(MappedTable table) {
    this.table = table;
  }

  @Override
  public MappedTable table() {
    return table;
  }

  @Override
  public boolean insert(byte[] @Nullable [] row, Moment at) {
    count(row, 1);
    return true;
  }

  @Override
  public boolean update(byte @Nullable [] @Nullable [] old, byte[] @Nullable [] row, Moment at) {
    if (old == null) {
      throw new IllegalStateException(table.name() + " has full identity and no old row was sent");
    }
    count(old, -1);
    count(Rows.isWhole(row) ? row : Rows.merge(old, row), 1);
    return true;
  }

  @Override
  public boolean delete(byte[] @Nullable [] old, Moment at) {
    count(old, -1);
    return true;
  }

  @Override
  public boolean truncate(Moment at) {
    counts.clear();
    bytes = 0;
    truncated = at;
    return true;
  }

  private void count(byte[] @Nullable [] row, int by) {
    RowKey all = RowKey.of(row);
    Integer now = counts.merge(all, by, Integer::sum);
    if (now == 0) {
      counts.remove(all);
    } else {
      bytes += Rows.bytes(row);
    }
  }

  /** What is only added needs none of the rows that are there. */
  @Override
  public Split split(List<TableBatch> earlier) {
    boolean adds = truncated == null && counts.values().stream().allMatch(count -> count > 0);
    return adds ? new Split(this, null) : new Split(null, this);
  }

  @Override
  public long bytes() {
    return bytes;
  }

  @Override
  public long rows() {
    return (long) counts.size() + (truncated == null ? 0 : 1);
  }

  @Override
  public void apply(RowWriter to) {
    if (truncated != null) {
      to.deleteAll(truncated);
    }
    List<byte[] @Nullable []> added = new ArrayList<>();
    List<byte[] @Nullable []> gone = new ArrayList<>();
    List<Integer> times = new ArrayList<>();
    counts.forEach(
        (row, count) -> {
          for (int i = 0; i < count; i++) {
            added.add(row.values());
          }
          if (count < 0) {
            gone.add(row.values());
            times.add(-count);
          }
        });
    to.deleteEqual(gone, times);
    to.insert(added);
  }
}
