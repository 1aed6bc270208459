package io.tidemark.analytics;

import io.tidemark.postgres.PostgresSession;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Writes rows of one source into one table of the target, in the caller's transaction. */
final class TableWriter implements RowWriter {
  /** From so many rows on COPY is quicker than one more statement. */
  private static final int COPY_ROWS = 200;

  private final PostgresSession target;
  private final MappedTable table;
  private final int[] key;
  private final RowParameters parameters;
  private final String delete;
  private final String insert;
  private final String put;
  private final Map<BitSet, String> updates = new HashMap<>();
  private final TableSql sql;
  private final RowCopy copy;
  private final HistoryWriter history;
  private long missing;
  private boolean lost;

  TableWriter(PostgresSession target, MappedTable table) {
    this.target = target;
    this.table = table;
    this.sql = new TableSql(table);
    this.key = keyColumns(table);
    this.parameters = new RowParameters(table);
    this.insert = sql.insert();
    this.delete = table.isKeyed() ? (table.isSoftDelete() ? sql.markDeleted() : sql.delete()) : "";
    this.put = table.isKeyed() ? sql.put() : "";
    this.copy = new RowCopy(target, table);
    this.history = new HistoryWriter(target, table, sql, copy);
  }

  static int[] keyColumns(MappedTable table) {
    return TableSql.keyColumns(table);
  }

  /** Whether it writes into a table as it is now. */
  boolean isOf(MappedTable now) {
    return table.equals(now);
  }

  /** Rows that a change was for and that were not there, since the last call. */
  long takeMissing() {
    long found = missing;
    missing = 0;
    return found;
  }

  /**
   * Whether a row was not there of which, since a copy was broken off, not all can be known, since
   * the last call: the table must come in again.
   */
  boolean takeLost() {
    boolean found = lost;
    lost = false;
    return found;
  }

  @Override
  public void deleteAll(Moment at) {
    if (table.isSoftDelete()) {
      target.update(sql.markAllDeleted(), at.text());
    } else {
      target.update(sql.deleteAll());
    }
  }

  @Override
  public void delete(List<byte[] @Nullable []> keys, List<Moment> at) {
    if (!keys.isEmpty()) {
      List<Object> arrays = parameters.keys(keys);
      if (table.isSoftDelete()) {
        arrays.add(RowParameters.moments(at));
      }
      target.update(delete, arrays.toArray());
    }
  }

  @Override
  public void update(BitSet known, List<byte[] @Nullable []> rows, boolean overlap) {
    String statement = updates.computeIfAbsent(known, sql::update);
    long changed =
        target.update(statement, parameters.columns(rows, known.stream().toArray()).toArray());
    if (changed < rows.size() && overlap) {
      lost = true;
    } else if (changed < rows.size()) {
      missing += rows.size() - changed;
      if (known.cardinality() == table.sent().size()) {
        put(rows);
      }
    }
  }

  @Override
  public void put(List<byte[] @Nullable []> rows) {
    if (!rows.isEmpty()) {
      target.update(put, parameters.all(rows).toArray());
    }
  }

  @Override
  public void insert(List<byte[] @Nullable []> rows) {
    if (rows.isEmpty()) {
      return;
    }
    if (rows.size() < COPY_ROWS) {
      target.update(insert, parameters.all(rows).toArray());
      return;
    }
    copy.write(
        sql.copy(),
        line -> {
          for (byte[] @Nullable [] row : rows) {
            line.add(row);
          }
        });
  }

  @Override
  public void deleteEqual(List<byte[] @Nullable []> rows, List<Integer> times) {
    if (!rows.isEmpty()) {
      List<Object> arrays = parameters.all(rows);
      arrays.add(RowParameters.texts(times, String::valueOf));
      long wanted = times.stream().mapToLong(Integer::longValue).sum();
      missing += wanted - target.update(sql.deleteEqual(), arrays.toArray());
    }
  }

  @Override
  public void move(RowKey from, byte[] @Nullable [] row, Moment at) {
    BitSet known = Rows.known(row);
    List<@Nullable Object> values = parameters.values(row, known);
    parameters.addKey(values, from);
    if (target.update(sql.move(known), values.toArray()) == 0) {
      missing++;
    }
  }

  @Override
  public void moveBeside(RowKey from, byte[] @Nullable [] row, Moment at) {
    BitSet known = Rows.known(row);
    List<@Nullable Object> values = parameters.values(row, known);
    parameters.addKey(values, from);
    // First: a key that only looks different is the same row.
    delete(List.<byte[] @Nullable []>of(from.values()), List.of(at));
    if (target.update(sql.insertBeside(known), values.toArray()) == 0) {
      missing++;
    }
  }

  @Override
  public void moveOver(RowKey from, byte[] @Nullable [] row, Moment at) {
    if (isThere(row)) {
      delete(List.<byte[] @Nullable []>of(from.values()), List.of(at));
      update(Rows.known(row), List.<byte[] @Nullable []>of(row), true);
    } else {
      lost = true;
    }
  }

  private boolean isThere(byte[] @Nullable [] row) {
    List<@Nullable Object> values = new ArrayList<>();
    parameters.addKey(values, RowKey.of(row, key));
    return target.value(sql.find(), values.toArray()).isPresent();
  }

  // History

  @Override
  public void closeAll(Moment at) {
    history.closeAll(at);
  }

  @Override
  public void succeed(RowKey before, byte[] @Nullable [] row, Moment at) {
    if (!history.succeed(before, row, at)) {
      missing++;
    }
  }

  @Override
  public void succeed(Map<RowKey, List<HistoryBatch.Version>> rows) {
    history.succeed(rows);
  }
}
