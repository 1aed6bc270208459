package io.tidemark.daemon;

import io.tidemark.postgres.Lsn;
import io.tidemark.restore.RecoveryProgress;
import java.time.Instant;
import java.util.Optional;

/**
 * Shows how far replay is.
 *
 * @param from where it began
 */
record ReplayProgress(ProgressBar bar, Lsn from) implements RecoveryProgress {
  @Override
  public void replayed(Lsn lsn, Optional<Instant> lastTransaction) {
    bar.set(Math.max(0, lsn.minus(from)));
    bar.detail(
        "at " + lsn + lastTransaction.map(at -> ", transactions to " + Human.time(at)).orElse(""));
  }
}
