package io.tidemark.analytics;

import java.util.OptionalLong;
import java.util.concurrent.locks.LockSupport;

/**
 * Lets so many bytes a second through, of all who use it together. Safe for use by many threads.
 */
final class Throttle {
  private static final long SECOND = 1_000_000_000L;

  private final OptionalLong bytesPerSecond;
  private long freeAtNanos = System.nanoTime();

  Throttle(OptionalLong bytesPerSecond) {
    this.bytesPerSecond = bytesPerSecond;
  }

  /** Waits until bytes may pass; returns early when the thread is interrupted. */
  void pass(long bytes) {
    if (bytesPerSecond.isPresent()) {
      long wait = book(bytes, bytesPerSecond.getAsLong());
      if (wait > 0) {
        LockSupport.parkNanos(this, wait);
      }
    }
  }

  private synchronized long book(long bytes, long rate) {
    long now = System.nanoTime();
    long begin = Math.max(now, freeAtNanos);
    freeAtNanos = begin + (long) ((double) bytes / rate * SECOND);
    return begin - now;
  }
}
