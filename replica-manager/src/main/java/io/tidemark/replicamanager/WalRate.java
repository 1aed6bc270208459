package io.tidemark.replicamanager;

import io.tidemark.postgres.Lsn;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalDouble;
import org.jspecify.annotations.Nullable;

/**
 * How fast a server writes WAL, smoothed over about five observations.
 *
 * @param last where it was, empty before the first observation
 * @param atNanos when, by System.nanoTime
 * @param bytesPerSecond empty before the second observation
 */
record WalRate(Optional<Lsn> last, long atNanos, OptionalDouble bytesPerSecond) {
  private static final double NEWEST_WEIGHT = 0.2;

  static WalRate unknown() {
    return new WalRate(Optional.empty(), 0, OptionalDouble.empty());
  }

  /** A server that went back (another one, or restored) begins anew. */
  WalRate next(Lsn now, long nowNanos) {
    @Nullable Lsn before = last.orElse(null);
    if (before == null || now.isBefore(before) || nowNanos <= atNanos) {
      return new WalRate(Optional.of(now), nowNanos, OptionalDouble.empty());
    }
    double seconds = (double) (nowNanos - atNanos) / Duration.ofSeconds(1).toNanos();
    double newest = now.minus(before) / seconds;
    double smooth =
        bytesPerSecond.isEmpty()
            ? newest
            : NEWEST_WEIGHT * newest + (1 - NEWEST_WEIGHT) * bytesPerSecond.getAsDouble();
    return new WalRate(Optional.of(now), nowNanos, OptionalDouble.of(smooth));
  }
}
