package io.tidemark.restore;

import io.tidemark.postgres.Lsn;
import java.time.Instant;
import java.util.Optional;

/**
 * How far a recovering server has come.
 *
 * @param lsn the end of the last replayed record, or before the server can be asked, a position
 *     that it has passed
 * @param lastTransaction when the last replayed transaction ended
 */
record Replay(Lsn lsn, Optional<Instant> lastTransaction, boolean inRecovery, boolean paused) {
  static final Replay NOTHING = new Replay(Lsn.ZERO, Optional.empty(), true, false);
}
