package io.tidemark.analytics;

import java.util.List;
import java.util.OptionalLong;

/**
 * What would be taken of a source.
 *
 * @param tables in the order of their names
 * @param problems of tables that match a pattern and cannot be taken
 * @param keepLimitBytes that a slot may keep at the source; empty: no limit
 * @param walLevel of the source
 */
public record FeedPlan(
    List<Table> tables, List<TableProblem> problems, OptionalLong keepLimitBytes, String walLevel) {

  /**
   * A table.
   *
   * @param rows estimated; empty where nobody has counted yet
   * @param bytes that are read at most: columns that are not taken are among them
   * @param targetBytes that its rows and the index of its key need at most
   * @param ranges that are copied in a transaction each
   */
  public record Table(
      TableName name,
      TableName target,
      OptionalLong rows,
      long bytes,
      long targetBytes,
      int ranges,
      int columns,
      int masks,
      String mode) {

    /** An entry of a b-tree without its values, and a row's header with its item pointer. */
    private static final long ROW_OVERHEAD_BYTES = 44;

    /**
     * What rows and the index of their key need in the target at most.
     *
     * @param bytes at the source
     * @param moreBytes that each row has in the target beside its own
     */
    public static long targetBytes(long bytes, OptionalLong rows, long moreBytes) {
      // Of rows that nobody has counted, as much again is the most that their keys need.
      return bytes
          + (rows.isPresent() ? rows.getAsLong() * (ROW_OVERHEAD_BYTES + moreBytes) : bytes);
    }
  }

  public FeedPlan {
    tables = List.copyOf(tables);
    problems = List.copyOf(problems);
  }

  /** That are read at most. */
  public long bytes() {
    return tables.stream().mapToLong(Table::bytes).sum();
  }

  /** That the target needs at most. */
  public long targetBytes() {
    return tables.stream().mapToLong(Table::targetBytes).sum();
  }
}
