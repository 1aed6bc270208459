package io.tidemark.analytics;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Changes of one table that are applied together: what they come to, row by row. A method that
 * gives false has taken nothing: what is gathered must be applied first.
 */
sealed interface TableBatch permits KeyedBatch, HistoryBatch, MultisetBatch, AppendBatch {

  /** One that suits the table. */
  static TableBatch of(MappedTable table, boolean overlap) {
    return switch (table.kind()) {
      case KEYED -> table.isHistory() ? new HistoryBatch(table) : new KeyedBatch(table, overlap);
      case MULTISET -> new MultisetBatch(table);
      case APPEND -> new AppendBatch(table);
    };
  }

  MappedTable table();

  /** A row is new. */
  boolean insert(byte[] @Nullable [] row, Moment at);

  /**
   * A row has changed.
   *
   * @param old its former key or former self; null: the key has not changed
   */
  boolean update(byte @Nullable [] @Nullable [] old, byte[] @Nullable [] row, Moment at);

  /**
   * A row is gone.
   *
   * @param old its key, or all of it
   */
  boolean delete(byte[] @Nullable [] old, Moment at);

  /** All rows of the source are gone. */
  boolean truncate(Moment at);

  /**
   * What of it may be written while earlier ones of the same table are written by others, unseen by
   * it: the rows that none of them has.
   *
   * @param earlier of the same kind
   */
  Split split(List<TableBatch> earlier);

  /**
   * A batch in two.
   *
   * @param apart what has no row in common with the earlier ones; null: nothing
   * @param rest null: nothing
   */
  record Split(@Nullable TableBatch apart, @Nullable TableBatch rest) {}

  /** Memory, about. */
  long bytes();

  /** How many rows are written for it. */
  long rows();

  /** Writes what it came to. */
  void apply(RowWriter to);
}
