package io.tidemark.store;

import java.time.Duration;
import java.util.random.RandomGenerator;

/**
 * How often and how long to try.
 *
 * @param attempts at most, the first included
 * @param firstWait before the second attempt; each later one waits twice as long as the one before
 * @param longestWait the most that any waits
 * @param deadline no attempt begins later than this after the first; the last may still run on for
 *     as long as the store's own deadline lets it
 */
public record RetryPolicy(
    int attempts, Duration firstWait, Duration longestWait, Duration deadline) {
  public RetryPolicy {
    if (attempts < 1 || firstWait.isNegative() || longestWait.compareTo(firstWait) < 0) {
      throw new IllegalArgumentException("attempts " + attempts + ", first wait " + firstWait);
    }
  }

  /** 6 attempts with waits of 0.2 s to 5 s, begun within 60 s. */
  public static RetryPolicy usual() {
    return new RetryPolicy(
        6, Duration.ofMillis(200), Duration.ofSeconds(5), Duration.ofSeconds(60));
  }

  /**
   * How long to wait after a failed attempt: between half and all of the doubled time, so that many
   * clients that failed together do not come back together.
   *
   * @param attempt which one failed, from 1
   */
  Duration waitAfter(int attempt, RandomGenerator random) {
    long doubled = firstWait.toNanos() << Math.min(attempt - 1, 20);
    long most = doubled < 0 ? longestWait.toNanos() : Math.min(doubled, longestWait.toNanos());
    return Duration.ofNanos(most / 2 + random.nextLong(most / 2 + 1));
  }
}
