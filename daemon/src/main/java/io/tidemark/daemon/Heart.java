package io.tidemark.daemon;

import java.time.Duration;

/**
 * A sign of life. A loop beats at each turn; who has not beaten for longer than its limit is stuck,
 * and the watchdog is told nothing more.
 */
final class Heart {
  private final Duration limit;
  private volatile long beatAtNanos = System.nanoTime();

  /**
   * @param limit the longest that one turn may take, every deadline in it run out
   */
  Heart(Duration limit) {
    this.limit = limit;
  }

  void beat() {
    beatAtNanos = System.nanoTime();
  }

  boolean isStuck() {
    return System.nanoTime() - beatAtNanos > limit.toNanos();
  }
}
