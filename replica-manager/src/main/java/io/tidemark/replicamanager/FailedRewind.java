package io.tidemark.replicamanager;

import io.tidemark.config.ErrorCode;
import io.tidemark.config.TidemarkException;
import io.tidemark.postgres.Timeline;
import java.time.Instant;
import java.util.Optional;

/**
 * A rewind that ended in a way in which the next one would end, too.
 *
 * @param primary the timeline of the primary then
 * @param recordedAt when the replica's state was last written, by that rewind or before it
 * @param failure what pg_rewind said, and what helps
 */
public record FailedRewind(
    Timeline primary, Optional<Instant> recordedAt, TidemarkException failure) {

  /**
   * Empty where the next rewind may end otherwise.
   *
   * @param before what it was decided on
   * @param after what is on record since
   */
  static Optional<FailedRewind> of(
      Observation before, Optional<ReplicaState> after, TidemarkException failure) {
    return before.primary() instanceof PrimaryView.Known primary && isHopeless(failure.code())
        ? Optional.of(
            new FailedRewind(
                primary.history().timeline(), after.map(ReplicaState::changedAt), failure))
        : Optional.empty();
  }

  static boolean isHopeless(ErrorCode failure) {
    return failure == ErrorCode.SOFTWARE_MISSING || failure == ErrorCode.POSTGRES_REFUSED;
  }

  /** Until a command has written the replica's state, or the primary is on another timeline. */
  boolean holds(Observation seen) {
    return seen.primary() instanceof PrimaryView.Known known
        && known.history().timeline().equals(primary)
        && seen.state().map(ReplicaState::changedAt).equals(recordedAt);
  }
}
