package io.tidemark.replicamanager;

import io.tidemark.postgres.Lsn;
import java.time.Instant;
import java.util.Optional;

/**
 * What a standby says of its replay.
 *
 * @param replayed pg_last_wal_replay_lsn()
 * @param lastCommit pg_last_xact_replay_timestamp(), by the primary's clock
 * @param held whether replay is paused, or stands at a target
 */
record StandbyFacts(Optional<Lsn> replayed, Optional<Instant> lastCommit, boolean held) {

  /** Empty where it does not answer, or is no standby any more. */
  static Optional<StandbyFacts> of(Observation seen) {
    return seen.recovery()
        .filter(RecoveryView::inRecovery)
        .map(view -> new StandbyFacts(view.replayed(), view.lastCommit(), isHeld(seen, view)));
  }

  private static boolean isHeld(Observation seen, RecoveryView view) {
    return view.pause() != RecoveryView.Pause.NOT_PAUSED
        || seen.wish() instanceof Wish.Paused
        || seen.wish() instanceof Wish.HeldAt;
  }
}
