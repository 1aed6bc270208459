package io.tidemark.daemon;

import io.tidemark.postgres.Lsn;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * How a source of a pipeline stands, whichever engine moves it. What is not known is empty.
 *
 * @param decision one of {@link AnalyticsEngine#words}
 * @param expected whether it is to run: it was started, and neither paused nor dropped
 * @param follows whether changes are applied, or would be if there were any
 * @param copying whether a copy is under way, which may take hours
 * @param failure of the last turn
 * @param applied everything that the source committed before is in the target
 * @param lagBytes of the source's WAL that are not applied
 * @param dataAsOf the commit time of what was applied last, by the source's clock
 * @param movedAt when the position moved last
 * @param counts since the begin of the process or of the feed, by metric
 */
record AnalyticsReport(
    String pipeline,
    String source,
    String decision,
    String why,
    boolean expected,
    boolean follows,
    boolean copying,
    Optional<String> failure,
    Optional<Lsn> applied,
    Optional<Long> lagBytes,
    Optional<Instant> dataAsOf,
    Optional<Instant> movedAt,
    Map<Metric, Long> counts,
    List<Table> tables,
    List<String> problems) {

  /**
   * A table.
   *
   * @param state as {@link AnalyticsEngine#states} has them
   * @param target {@code schema.table}
   * @param plannedBytes 0 where not known
   * @param note why it is held or refused; else empty
   */
  record Table(
      String table,
      String target,
      String state,
      long rowsCopied,
      long copiedBytes,
      long plannedBytes,
      String note) {}

  AnalyticsReport {
    counts = Map.copyOf(counts);
    tables = List.copyOf(tables);
    problems = List.copyOf(problems);
  }
}
