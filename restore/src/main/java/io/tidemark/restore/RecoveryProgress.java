package io.tidemark.restore;

import io.tidemark.postgres.Lsn;
import java.time.Instant;
import java.util.Optional;

/** Follows a recovery. */
public interface RecoveryProgress {
  /** Follows nothing. */
  RecoveryProgress NONE = (_, _) -> {};

  /**
   * Where replay is, a few times a second.
   *
   * @param lastTransaction when the last replayed transaction ended, where known
   */
  void replayed(Lsn lsn, Optional<Instant> lastTransaction);
}
