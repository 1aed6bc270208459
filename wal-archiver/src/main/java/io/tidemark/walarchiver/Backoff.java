package io.tidemark.walarchiver;

import java.time.Duration;
import java.util.random.RandomGenerator;

/**
 * How long to wait before the next try: doubled each time up to a limit, and each time a random
 * part of it, so that many daemons do not come back at once. Not for use by several threads.
 */
final class Backoff {
  private final Duration first;
  private final Duration limit;
  private final RandomGenerator random;
  private int failures;

  Backoff(Duration first, Duration limit, RandomGenerator random) {
    this.first = first;
    this.limit = limit;
    this.random = random;
  }

  /** The wait after one more failure: between half of the step and the whole of it. */
  Duration next() {
    long step = Math.min(limit.toMillis(), first.toMillis() << Math.min(failures, 20));
    failures++;
    return Duration.ofMillis(step / 2 + random.nextLong(step / 2 + 1));
  }

  /** Something worked: begin at the first step again. */
  void reset() {
    failures = 0;
  }

  /** Failures since the last success. */
  int failures() {
    return failures;
  }
}
