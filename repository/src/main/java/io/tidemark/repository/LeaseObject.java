package io.tidemark.repository;

import java.time.Duration;
import java.time.Instant;

/**
 * One lease object.
 *
 * @param n its number
 * @param at when it was put, by the store's clock
 */
record LeaseObject(String work, long n, String holder, long seconds, boolean released, Instant at) {
  /** Stores give times to the second, so two of them can seem up to one second too far apart. */
  static final Duration GRACE = Duration.ofSeconds(2);

  /** Until when its holder may rely on it. */
  Instant until() {
    return at.plusSeconds(seconds);
  }

  /** Whether somebody else may take it. */
  boolean isOver(Instant now) {
    return released || !now.isBefore(until().plus(GRACE));
  }
}
