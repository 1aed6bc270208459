package io.tidemark.replicamanager;

import java.time.Duration;
import java.time.Instant;

/** Differences that cannot be negative but for two moments' being asked for at different times. */
final class Positive {
  private Positive() {}

  static Duration between(Instant from, Instant to) {
    Duration found = Duration.between(from, to);
    return found.isNegative() ? Duration.ZERO : found;
  }
}
