package io.tidemark.replicamanager;

import io.tidemark.config.TidemarkException;
import io.tidemark.postgres.Lsn;
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
 * @param follows whether changes are applied, or would be if there were any; copies may be under
 *     way
 * @param ready how many tables are copied and follow
 * @param complete whether every table that is taken is
 * @param position how far the target is; empty where not known
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
    boolean follows,
    int ready,
    boolean complete,
    Optional<Position> position,
    OptionalLong lagBytes,
    Optional<Instant> heardAt,
    long errors,
    List<Table> tables) {
  public LogicalReport {
    tables = List.copyOf(tables);
  }

  /**
   * How far the target is.
   *
   * @param applied everything that the source committed before is in the target, of tables that
   *     follow
   * @param dataAsOf the newest moment by the source's clock of which that is known; empty at first
   * @param movedAt when {@code applied} moved last, by this machine's clock
   */
  public record Position(Lsn applied, Optional<Instant> dataAsOf, Instant movedAt) {}

  LogicalReport at(Optional<Position> now, OptionalLong lag) {
    return new LogicalReport(
        pipeline, at, wish, decision, since, acting, failure, follows, ready, complete, now, lag,
        heardAt, errors, tables);
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
