package io.tidemark.analytics;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** For a table of which only inserts are taken, and that all rows are gone. */
final class AppendBatch implements TableBatch {
  private final MappedTable table;
  private final List<byte[] @Nullable []> rows = new ArrayList<>();
  private @Nullable Moment truncated;
  private long bytes;

  AppendBatch(MappedTable table) {
    this.table = table;
  }

  @Override
  public MappedTable table() {
    return table;
  }

  @Override
  public boolean insert(byte[] @Nullable [] row, Moment at) {
    rows.add(row);
    bytes += Rows.bytes(row);
    return true;
  }

  /** Not published, and so never sent. */
  @Override
  public boolean update(byte @Nullable [] @Nullable [] old, byte[] @Nullable [] row, Moment at) {
    return true;
  }

  /** Not published, and so never sent. */
  @Override
  public boolean delete(byte[] @Nullable [] old, Moment at) {
    return true;
  }

  @Override
  public boolean truncate(Moment at) {
    rows.clear();
    bytes = 0;
    truncated = at;
    return true;
  }

  @Override
  public Split split(List<TableBatch> earlier) {
    return truncated == null ? new Split(this, null) : new Split(null, this);
  }

  @Override
  public long bytes() {
    return bytes;
  }

  @Override
  public long rows() {
    return (long) rows.size() + (truncated == null ? 0 : 1);
  }

  @Override
  public void apply(RowWriter to) {
    if (truncated != null) {
      to.deleteAll(truncated);
    }
    to.insert(rows);
  }
}
