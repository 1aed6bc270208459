package io.tidemark.replicamanager;

import io.tidemark.config.TidemarkException;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * How a native pipeline stands.
 *
 * @param since when the decision was first of this kind
 * @param acting whether it is being carried out now
 * @param failure what the last action ended with, while it is still to be done
 * @param lagBytes of the source's WAL that are not confirmed as applied; empty where not known
 * @param heardAt when the target last heard of the source
 * @param errors that the subscription met since it was made
 * @param tables in the order of their names
 */
public record LogicalReport(
    String pipeline,
    Instant at,
    LogicalWish wish,
    LogicalDecision decision,
    Instant since,
    boolean acting,
    Optional<TidemarkException> failure,
    OptionalLong lagBytes,
    Optional<Instant> heardAt,
    long errors,
    List<Table> tables) {
  public LogicalReport {
    tables = List.copyOf(tables);
  }

  /** Where a table is on its way. */
  public enum State {
    /** It is not subscribed to yet, or is to be copied again. */
    PREPARING,
    /** Its copy has not begun. */
    QUEUED,
    COPYING,
    /** It is copied, and what changed meanwhile is applied. */
    CATCHING_UP,
    FOLLOWING,
    /** It waits for a decision. */
    HELD,
    /** It is left out by policy. */
    IGNORED
  }

  /**
   * One table that a pattern matches.
   *
   * @param sourceRows estimated by the source's ANALYZE; empty where there was none
   * @param targetRows as above
   * @param copiedBytes while it is copied: so far
   * @param copiedRows as above
   * @param reason why it is held, left out or failed, and what to do; else empty
   */
  public record Table(
      TableName name,
      State state,
      OptionalLong sourceRows,
      OptionalLong targetRows,
      long copiedBytes,
      long copiedRows,
      String reason) {}
}
