package io.tidemark.daemon;

import io.tidemark.restore.RestoreProgress;
import java.util.concurrent.atomic.AtomicLong;

/** How far a replica's build is. Safe for use by many threads. */
final class ReplicaProgress implements RestoreProgress {
  private final AtomicLong planned = new AtomicLong();
  private final AtomicLong done = new AtomicLong();
  private volatile String step = "";

  @Override
  public void step(String what) {
    step = what;
  }

  @Override
  public void planned(long bytes) {
    done.set(0);
    planned.set(bytes);
  }

  @Override
  public void restored(long bytes) {
    done.addAndGet(bytes);
  }

  /** What it does, such as "writing files"; empty before anything. */
  String step() {
    return step;
  }

  long plannedBytes() {
    return planned.get();
  }

  long doneBytes() {
    return done.get();
  }
}
