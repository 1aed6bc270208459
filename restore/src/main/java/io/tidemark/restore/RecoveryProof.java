package io.tidemark.restore;

import io.tidemark.config.ErrorCode;
import io.tidemark.config.TidemarkException;
import io.tidemark.postgres.Lsn;
import io.tidemark.postgres.Timeline;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Optional;

/**
 * What a recovery has reached, held against what it was to reach.
 *
 * @param reached the end of the last replayed record
 * @param lastTransaction when the last replayed transaction ended, where the server knows
 * @param timeline on which the server is now
 * @param state what the server does now: promoted, paused, shut down
 * @param took from the server's start to the target
 */
public record RecoveryProof(
    RestorePlan plan,
    Lsn reached,
    Optional<Instant> lastTransaction,
    Timeline timeline,
    State state,
    Duration took) {
  /** How the recovery ended. */
  public enum State {
    PROMOTED,
    PAUSED,
    SHUT_DOWN
  }

  /** Archived WAL that was reachable and, as asked for, not replayed. */
  public long unreadBytes() {
    return Math.max(0, plan.frontier().minus(reached));
  }

  /**
   * Returns this if it shows what was asked for.
   *
   * @throws TidemarkException RECOVERY_UNPROVEN where replay stopped short of the target, or went
   *     past a target of time
   */
  RecoveryProof require() {
    if (reached.isBefore(plan.mustReach())) {
      throw new TidemarkException(
          ErrorCode.RECOVERY_UNPROVEN,
          "recovery ended at %s, before %s, which %s needs"
              .formatted(reached, plan.mustReach(), plan.request().target().describe()),
          "do not use this server; its log and pg_wal/tidemark/fetcher.log say why it stopped");
    }
    if (plan.request().target() instanceof RestoreTarget.AtTime(Instant time)
        && lastTransaction.isPresent()
        && lastTransaction.get().isAfter(time.truncatedTo(ChronoUnit.MICROS))) {
      throw new TidemarkException(
          ErrorCode.RECOVERY_UNPROVEN,
          "recovery replayed a transaction of %s, which is after the target %s"
              .formatted(lastTransaction.get(), time),
          "do not use this server; restore to a position with --lsn");
    }
    return this;
  }
}
