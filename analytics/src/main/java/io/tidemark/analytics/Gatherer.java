package io.tidemark.analytics;

import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Gathers changes in a batch, and gives it away where it is large enough, or where a change needs
 * that what was gathered is applied first. One thread uses it.
 */
final class Gatherer {
  private final long limitBytes;
  private final Consumer<Batch> taker;
  private Batch batch = new Batch();
  private @Nullable TableBatch last;

  /** A change of a table's batch. */
  @FunctionalInterface
  private interface Change {
    boolean to(TableBatch batch);
  }

  /**
   * @param limitBytes of a batch, about
   * @param taker gets each
   */
  Gatherer(long limitBytes, Consumer<Batch> taker) {
    this.limitBytes = limitBytes;
    this.taker = taker;
  }

  /** The one that is being filled. */
  Batch batch() {
    return batch;
  }

  void insert(MappedTable table, boolean overlap, byte[] @Nullable [] row, Moment at) {
    add(table, overlap, its -> its.insert(row, at));
  }

  void update(
      MappedTable table,
      boolean overlap,
      byte @Nullable [] @Nullable [] old,
      byte[] @Nullable [] row,
      Moment at) {
    byte[] @Nullable [] known = old == null || Rows.isWhole(row) ? row : fill(table, old, row);
    add(table, overlap, its -> its.update(old, known, at));
  }

  /**
   * A value that is stored out of line and has not changed is in the old row, where that is whole;
   * of a key that has such values, in the old key (heapam.c, ExtractReplicaIdentity).
   */
  private static byte[] @Nullable [] fill(
      MappedTable table, byte[] @Nullable [] old, byte[] @Nullable [] row) {
    if (table.source().isFull()) {
      return Rows.merge(old, row);
    }
    byte[] @Nullable [] filled = row.clone();
    for (int place : TableSql.keyColumns(table)) {
      if (Rows.isUnchanged(row[place])) {
        filled[place] = old[place];
      }
    }
    return filled;
  }

  void delete(MappedTable table, boolean overlap, byte[] @Nullable [] old, Moment at) {
    add(table, overlap, its -> its.delete(old, at));
  }

  void truncate(MappedTable table, boolean overlap, Moment at) {
    add(table, overlap, its -> its.truncate(at));
  }

  /** What follows is of another shape. */
  void change(ShapeChange change) {
    cut();
    batch.add(change);
  }

  private void add(MappedTable table, boolean overlap, Change change) {
    TableBatch its = lastOf(table, overlap);
    long before = its.bytes();
    if (!change.to(its)) {
      cut();
      its = lastOf(table, overlap);
      before = 0;
      if (!change.to(its)) {
        throw new IllegalStateException("an empty batch of " + table.name() + " takes any change");
      }
    }
    batch.grew(Math.max(0, its.bytes() - before));
    if (batch.bytes() >= limitBytes) {
      cut();
    }
  }

  /** Changes of one table come in rows. */
  private TableBatch lastOf(MappedTable table, boolean overlap) {
    TableBatch known = last;
    if (known == null || !known.table().equals(table)) {
      known = batch.of(table, overlap);
      last = known;
    }
    return known;
  }

  /** Gives away what there is. */
  void cut() {
    if (!batch.isEmpty()) {
      Batch full = batch;
      batch = new Batch();
      last = null;
      if (!full.isWhole()) {
        batch.begins();
      }
      taker.accept(full);
    }
  }
}
