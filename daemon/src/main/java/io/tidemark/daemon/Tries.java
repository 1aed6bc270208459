package io.tidemark.daemon;

import java.time.Duration;
import java.time.Instant;

/**
 * Failures in a row, and when to try again: a minute after the first, doubled up to an hour.
 *
 * @param notBefore {@link Instant#EPOCH} after a success
 */
record Tries(int failures, Instant notBefore) {
  static final Tries NONE = new Tries(0, Instant.EPOCH);

  private static final Duration FIRST = Duration.ofMinutes(1);
  private static final Duration LONGEST = Duration.ofHours(1);

  Tries failed(Instant now) {
    Duration doubled = FIRST.multipliedBy(1L << Math.min(failures, 10));
    return new Tries(failures + 1, now.plus(doubled.compareTo(LONGEST) < 0 ? doubled : LONGEST));
  }

  /** Somebody else does it; that is no failure. */
  Tries later(Instant now) {
    return new Tries(failures, now.plus(FIRST));
  }

  boolean mayTry(Instant now) {
    return !now.isBefore(notBefore);
  }
}
