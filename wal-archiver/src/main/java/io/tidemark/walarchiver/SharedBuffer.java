package io.tidemark.walarchiver;

import java.util.concurrent.atomic.AtomicInteger;

/**
 * Counts who still reads a segment's buffer: the thread that fills it, a tail and the whole segment
 * on their way. The last to release it does what is left to do. For any thread.
 */
final class SharedBuffer {
  private final AtomicInteger users = new AtomicInteger(1);
  private final Runnable whenUnused;

  SharedBuffer(Runnable whenUnused) {
    this.whenUnused = whenUnused;
  }

  /** One more; only while there is one. */
  void use() {
    users.incrementAndGet();
  }

  void release() {
    if (users.decrementAndGet() == 0) {
      whenUnused.run();
    }
  }
}
