package io.tidemark.analytics;

import io.tidemark.config.TidemarkException;
import io.tidemark.postgres.Lsn;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * How a feed stands, for metrics and people.
 *
 * @param failure of the last turn; empty: it went well
 * @param applied everything that the source committed before is in the target
 * @param sourceEnd how far the source has sent, or has written when it was asked last
 * @param dataAsOf the commit time of what was applied last
 * @param movedAt when the position moved last
 * @param receivedBytes since the process began
 * @param missingRows since the process began: that a change was for and that the target had not
 */
public record FeedStatus(
    FeedDecision decision,
    Optional<TidemarkException> failure,
    Optional<Lsn> applied,
    Optional<Lsn> sourceEnd,
    Optional<Instant> dataAsOf,
    Instant movedAt,
    long receivedBytes,
    long transactions,
    long changes,
    long missingRows,
    long rebuilds,
    List<TableRow> tables,
    List<TableProblem> problems) {
  public FeedStatus {
    tables = List.copyOf(tables);
    problems = List.copyOf(problems);
  }

  /** WAL between the source's end and what is applied. */
  public Optional<Long> lagBytes() {
    return sourceEnd.flatMap(end -> applied.map(at -> Math.max(0, end.minus(at))));
  }
}
