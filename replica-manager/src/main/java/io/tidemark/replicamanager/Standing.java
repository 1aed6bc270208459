package io.tidemark.replicamanager;

import io.tidemark.postgres.Lsn;
import io.tidemark.postgres.Timeline;
import io.tidemark.replicamanager.RecoveryView.Pause;
import java.time.Instant;
import java.util.Optional;

/**
 * Where a replica stands, when a command looks.
 *
 * @param running whether its server runs
 * @param inRecovery whether it is a standby; of one that is stopped, whether a start makes it one
 * @param replayed the end of what is replayed
 * @param received what lies on its disk beyond that, as far as its server knows
 * @param lastCommit when the last replayed transaction ended, by the primary's clock
 * @param target at which replay stops, as it is configured now
 * @param wish what was commanded last
 */
public record Standing(
    boolean running,
    boolean inRecovery,
    Lsn replayed,
    Optional<Lsn> received,
    Optional<Instant> lastCommit,
    Pause pause,
    Timeline timeline,
    Optional<Aim> target,
    Wish wish) {

  /** Whether it replays nothing by command: paused, or stopped at a target. */
  public boolean isStill() {
    return running && inRecovery && pause != Pause.NOT_PAUSED;
  }
}
