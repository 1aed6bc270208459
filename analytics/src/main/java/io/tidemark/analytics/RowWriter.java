package io.tidemark.analytics;

import java.util.BitSet;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a batch does to one source's rows of one table of the target, in this order of calls. Keys
 * are the values of the key's columns.
 */
interface RowWriter {
  /** Deletes all rows, or marks them. */
  void deleteAll(Moment at);

  /** Deletes rows, or marks them. */
  void delete(List<byte[] @Nullable []> keys, List<Moment> at);

  /**
   * Updates rows that are there; those that are not are put, where all of their values are known.
   *
   * @param overlap whether rows may rightly not be there
   */
  void update(BitSet known, List<byte[] @Nullable []> rows, boolean overlap);

  /** Inserts rows, or replaces those that are there. */
  void put(List<byte[] @Nullable []> rows);

  /** Inserts rows that are not there. */
  void insert(List<byte[] @Nullable []> rows);

  /** Deletes as many rows equal to each as are given, where there are so many. */
  void deleteEqual(List<byte[] @Nullable []> rows, List<Integer> times);

  /** Gives a row another key, and the values that are known. */
  void move(RowKey from, byte[] @Nullable [] row, Moment at);

  /** The same, and the row stays under its former key, marked. */
  void moveBeside(RowKey from, byte[] @Nullable [] row, Moment at);

  /**
   * The same where the row may have the other key already: what is known is put there. Where no row
   * has it, nobody knows what the row was, not even where one has the former key, which may be
   * another row by now: the table must come in again.
   */
  void moveOver(RowKey from, byte[] @Nullable [] row, Moment at);

  /** Ends the current version of every row. */
  void closeAll(Moment at);

  /** Ends the current version of a row and begins one that takes what is not known from it. */
  void succeed(RowKey before, byte[] @Nullable [] row, Moment at);

  /**
   * Ends the current versions of rows and inserts those that follow; each ends where the next of
   * its row begins. Where the source's clock went back, a version begins where the one before it
   * did.
   */
  void succeed(Map<RowKey, List<HistoryBatch.Version>> rows);
}
