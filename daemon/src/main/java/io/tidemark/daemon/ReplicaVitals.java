package io.tidemark.daemon;

import io.tidemark.config.TidemarkException;
import io.tidemark.replicamanager.ReplicaReport;
import io.tidemark.replicamanager.ReplicaSpec;
import org.jspecify.annotations.Nullable;

/**
 * What the service of a replica last knew of it, for metrics and /readyz. What is null is not
 * known.
 */
final class ReplicaVitals {
  final ReplicaSpec spec;

  /** By {@link ReplicaService}; the last one stays. */
  volatile @Nullable ReplicaReport report;

  /** By {@link ReplicaService}: why it could not even look. */
  volatile @Nullable TidemarkException failure;

  final ReplicaProgress progress = new ReplicaProgress();

  ReplicaVitals(ReplicaSpec spec) {
    this.spec = spec;
  }

  /** Whether something is being done for it now, which may take hours. */
  boolean isActing() {
    ReplicaReport last = report;
    return last != null && last.acting();
  }
}
