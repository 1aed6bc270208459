package io.tidemark.replicamanager;

import io.tidemark.postgres.Poll;
import java.time.Duration;

/** A wait for a server, with a limit. For one thread. */
final class Waiting {
  private static final Duration LOOK = Duration.ofMillis(100);

  private final Duration limit;
  private long began = System.nanoTime();

  Waiting(Duration limit) {
    this.limit = limit;
  }

  /** Something moved: the limit counts from here. */
  void restart() {
    began = System.nanoTime();
  }

  boolean isOver() {
    return System.nanoTime() - began > limit.toNanos();
  }

  /** Throws INTERRUPTED where the command is to end. */
  void pause() {
    Poll.pause(
        LOOK,
        "interrupted while waiting for PostgreSQL, which goes on by itself",
        "give the same command again to see it through");
  }
}
