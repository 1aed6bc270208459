package io.tidemark.daemon;

import io.tidemark.config.TidemarkException;
import io.tidemark.replicamanager.LagMeter;
import io.tidemark.replicamanager.ReplicaLag;
import io.tidemark.replicamanager.ReplicaReport;
import io.tidemark.replicamanager.ReplicaSpec;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What the service of a replica last knew of it, for metrics and /readyz. What is null is not
 * known.
 */
final class ReplicaVitals {
  private static final Duration LAG_COUNTS_FOR = Duration.ofMinutes(1);

  final ReplicaSpec spec;

  /** By {@link ReplicaService}; the last one stays. */
  volatile @Nullable ReplicaReport report;

  /** By {@link ReplicaService}: why it could not even look. */
  volatile @Nullable TidemarkException failure;

  final ReplicaProgress progress = new ReplicaProgress();

  private final Vitals cluster;
  private final LagMeter meter;
  private volatile @Nullable Measured measured;

  /** How far behind it was when it was looked at. */
  private record Measured(Instant at, ReplicaLag lag) {}

  /**
   * @param cluster of the replica
   */
  ReplicaVitals(ReplicaSpec spec, Vitals cluster) {
    this.spec = spec;
    this.cluster = cluster;
    this.meter = new LagMeter(spec.settings().delay(), spec.settings().applicationName());
  }

  /** Takes what the manager has observed and decided. One look is reported once or twice. */
  void take(ReplicaReport next) {
    Instant at = next.observation().at();
    Measured before = measured;
    if (before == null || !before.at.equals(at)) {
      ReplicaLag lag =
          meter.next(next.observation(), cluster.presentServer(), cluster.heartbeatView());
      measured = new Measured(at, lag);
    }
    report = next;
  }

  /** Empty where it was not looked at for a while, as during a build. */
  Optional<ReplicaLag> lag(Instant now) {
    return Optional.ofNullable(measured)
        .filter(last -> Duration.between(last.at, now).compareTo(LAG_COUNTS_FOR) < 0)
        .map(Measured::lag);
  }

  /** Whether something is being done for it now, which may take hours. */
  boolean isActing() {
    ReplicaReport last = report;
    return last != null && last.acting();
  }
}
