package io.tidemark.replicamanager;

import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/**
 * What is known of a cluster's heartbeat.
 *
 * @param since when the first try was, by our clock
 * @param last when the newest beat was written, by our clock
 * @param offset how far the primary's clock is ahead
 * @param written since the start
 * @param failures tries that failed since the start
 */
public record HeartbeatView(
    Duration period,
    Instant since,
    Optional<Instant> last,
    Optional<ClockOffset> offset,
    BeatLog log,
    long written,
    long failures) {
  private static final int MISSED = 3;

  /** Whether it has not been written for three periods: what replicas lack was never there. */
  public boolean isSilent(Instant now) {
    return Duration.between(last.orElse(since), now).compareTo(period.multipliedBy(MISSED)) > 0;
  }

  /** Age of the newest beat at the source; empty before the first. */
  public Optional<Duration> age(Instant now) {
    return last.map(at -> Positive.between(at, now));
  }
}
