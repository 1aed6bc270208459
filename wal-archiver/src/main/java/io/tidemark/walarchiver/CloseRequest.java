package io.tidemark.walarchiver;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** That an archiver is to end, and by when. Made once, by any thread. */
final class CloseRequest {
  private final CountDownLatch made = new CountDownLatch(1);
  private volatile long deadlineNanos;

  void make(Duration limit) {
    deadlineNanos = System.nanoTime() + limit.toNanos();
    made.countDown();
  }

  boolean isMade() {
    return made.getCount() == 0;
  }

  /** What is left of its time; only once it is made. */
  Duration left() {
    return Duration.ofNanos(Math.max(0, deadlineNanos - System.nanoTime()));
  }

  /** Waits so long, unless it is made before. */
  void pause(Duration wait) {
    try {
      made.await(wait.toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      // Whoever interrupts wants an end, and at once.
      make(Duration.ZERO);
      Thread.currentThread().interrupt();
    }
  }
}
