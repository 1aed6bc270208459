package io.tidemark.daemon;

import java.time.Duration;

/** Something that runs until it is closed. */
interface Service {
  /** For its thread and for messages, {@code archive-main}. */
  String name();

  /**
   * Runs on a thread of its own until {@link #close}. Returning before that, or throwing, is the
   * end for good: the daemon ends, and systemd starts it again.
   */
  void run() throws InterruptedException;

  /** Makes {@link #run} return, and waits for what must still be done, within the limit. */
  void close(Duration limit);

  /** Whether it makes progress. */
  boolean isStuck();

  /** Whether it needs a platform thread: it would hold a virtual thread's carrier. */
  default boolean holdsItsThread() {
    return false;
  }
}
