package io.tidemark.analytics;

import io.tidemark.postgres.Lsn;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What is applied at a time: a number of whole transactions of the source, or a part of one that is
 * too large, whose last part says that it is whole. Built by one thread, applied by another.
 */
final class Batch {
  private final Map<TableName, TableBatch> tables = new LinkedHashMap<>();
  private final List<ShapeChange> changes = new ArrayList<>();
  private @Nullable LargeTransaction large;
  private Map<TableName, ActiveTable> largeTables = Map.of();
  private @Nullable Moment last;
  private Lsn position = Lsn.ZERO;
  private boolean whole;
  private long transactions;
  private long changeCount;
  private long bytes;
  private final long begunNanos = System.nanoTime();

  /** The batch of a table; made where there is none. */
  TableBatch of(MappedTable table, boolean overlap) {
    TableBatch batch = tables.get(table.name());
    if (batch == null) {
      batch = TableBatch.of(table, overlap);
      tables.put(table.name(), batch);
    }
    return batch;
  }

  /** After a change of a table's batch. */
  void grew(long by) {
    bytes += by;
    changeCount++;
  }

  void add(ShapeChange change) {
    changes.add(change);
  }

  /**
   * A transaction whose changes are in a file.
   *
   * @param active the tables that take them
   */
  void add(LargeTransaction transaction, Map<TableName, ActiveTable> active) {
    large = transaction;
    largeTables = Map.copyOf(active);
  }

  /** A transaction is complete; after it the batch may be applied. */
  void ended(Moment moment, Lsn end) {
    last = moment;
    position = end;
    transactions++;
    whole = true;
  }

  /** Nothing came up to a position. */
  void passed(Lsn end) {
    position = end;
    whole = true;
  }

  /** A transaction begins; until its end the batch is not whole. */
  void begins() {
    whole = false;
  }

  /** Of tables, in the order of their first change. */
  Collection<TableBatch> tables() {
    return tables.values();
  }

  /** To be done before the tables' changes. */
  List<ShapeChange> changes() {
    return changes;
  }

  /** The changes of a table; null: it has none. */
  @Nullable TableBatch find(TableName table) {
    return tables.get(table);
  }

  /** Whether its changes, and all of them, are those of {@link #tables}. */
  boolean isPlain() {
    return whole && changes.isEmpty() && large == null;
  }

  @Nullable LargeTransaction large() {
    return large;
  }

  /** The tables that take its changes. */
  Map<TableName, ActiveTable> largeTables() {
    return largeTables;
  }

  /** The last transaction that is complete; null where there is none. */
  @Nullable Moment last() {
    return last;
  }

  /** The address after it. */
  Lsn position() {
    return position;
  }

  boolean isWhole() {
    return whole;
  }

  long transactions() {
    return transactions;
  }

  long changeCount() {
    return changeCount;
  }

  long bytes() {
    return bytes;
  }

  boolean isEmpty() {
    return transactions == 0 && tables.isEmpty() && changes.isEmpty() && large == null;
  }

  long ageNanos() {
    return System.nanoTime() - begunNanos;
  }
}
