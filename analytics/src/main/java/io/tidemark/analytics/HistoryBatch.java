package io.tidemark.analytics;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * For a table of which every version is kept. What one transaction does to a row is one version;
 * what it had before is closed at its commit.
 */
final class HistoryBatch implements TableBatch {
  /** A version; without a row there is none from then on. */
  static final class Version {
    private final byte @Nullable [] @Nullable [] row;
    private final Moment from;

    Version(byte @Nullable [] @Nullable [] row, Moment from) {
      this.row = row;
      this.from = from;
    }

    byte @Nullable [] @Nullable [] row() {
      return row;
    }

    Moment from() {
      return from;
    }
  }

  /** A change of which not all values are known: they are taken from the version before. */
  private static final class Partial {
    final RowKey before;
    final byte[] @Nullable [] row;
    final Moment at;

    Partial(RowKey before, byte[] @Nullable [] row, Moment at) {
      this.before = before;
      this.row = row;
      this.at = at;
    }
  }

  private final MappedTable table;
  private final int[] key;
  private final Map<RowKey, List<Version>> versions = new LinkedHashMap<>();
  private final List<Partial> partials = new ArrayList<>();
  private @Nullable Moment truncated;
  private long bytes;
  private long count;

  HistoryBatch(MappedTable table) {
    this.table = table;
    this.key = TableWriter.keyColumns(table);
  }

  @Override
  public MappedTable table() {
    return table;
  }

  @Override
  public boolean insert(byte[] @Nullable [] row, Moment at) {
    add(RowKey.of(row, key), row, at);
    return true;
  }

  @Override
  public boolean update(byte @Nullable [] @Nullable [] old, byte[] @Nullable [] row, Moment at) {
    RowKey now = RowKey.of(row, key);
    RowKey before = old == null ? now : RowKey.of(old, key);
    byte[] @Nullable [] whole = row;
    if (!Rows.isWhole(row)) {
      byte[] @Nullable [] known = last(before);
      if (known == null) {
        return partial(before, row, at);
      }
      whole = Rows.merge(known, row);
    }
    if (!before.equals(now)) {
      add(before, null, at);
    }
    add(now, whole, at);
    return true;
  }

  private byte @Nullable [] @Nullable [] last(RowKey id) {
    List<Version> its = versions.get(id);
    return its == null ? null : its.getLast().row();
  }

  private boolean partial(RowKey before, byte[] @Nullable [] row, Moment at) {
    if (!versions.isEmpty()) {
      return false;
    }
    partials.add(new Partial(before, row, at));
    bytes += Rows.bytes(row);
    return true;
  }

  @Override
  public boolean delete(byte[] @Nullable [] old, Moment at) {
    add(RowKey.of(old, key), null, at);
    return true;
  }

  /** The versions before it must be there when it ends them. */
  @Override
  public boolean truncate(Moment at) {
    if (!versions.isEmpty() || !partials.isEmpty()) {
      return false;
    }
    truncated = at;
    return true;
  }

  private void add(RowKey id, byte @Nullable [] @Nullable [] row, Moment at) {
    List<Version> its = versions.computeIfAbsent(id, _ -> new ArrayList<>(1));
    if (!its.isEmpty() && its.getLast().from().commit().equals(at.commit())) {
      its.removeLast();
      count--;
    }
    its.add(new Version(row, at));
    count++;
    bytes += Rows.bytes(row == null ? id.values() : row);
  }

  @Override
  public Split split(List<TableBatch> earlier) {
    if (!isByKeyOnly() || !table.hasExactKey()) {
      return new Split(null, this);
    }
    List<Set<RowKey>> taken = new ArrayList<>();
    for (TableBatch each : earlier) {
      if (!(each instanceof HistoryBatch other) || !other.isByKeyOnly()) {
        return new Split(null, this);
      }
      taken.add(other.versions.keySet());
    }
    HistoryBatch apart = new HistoryBatch(table);
    HistoryBatch rest = new HistoryBatch(table);
    RowKey.part(versions, taken, apart.versions, rest.versions);
    return new Split(
        apart.versions.isEmpty() ? null : apart, rest.versions.isEmpty() ? null : rest);
  }

  private boolean isByKeyOnly() {
    return truncated == null && partials.isEmpty();
  }

  @Override
  public long bytes() {
    return bytes;
  }

  @Override
  public long rows() {
    return count + partials.size() + (truncated == null ? 0 : 1);
  }

  @Override
  public void apply(RowWriter to) {
    if (truncated != null) {
      to.closeAll(truncated);
    }
    partials.forEach(partial -> to.succeed(partial.before, partial.row, partial.at));
    to.succeed(versions);
  }
}
