package io.tidemark.daemon;

import java.time.Duration;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** A service that takes a step, pauses, and so on. What a step throws is the end for good. */
final class Loop implements Service {
  private final String name;
  private final Step step;
  private final Heart heart;
  private final Semaphore wakes = new Semaphore(0);
  private volatile boolean closing;
  private volatile @Nullable Thread thread;

  /** One step. */
  @FunctionalInterface
  interface Step {
    /** Does it, and says how long to pause. */
    Duration take() throws InterruptedException;
  }

  /**
   * @param longestTurn that a step and its pause may take before it counts as stuck
   */
  Loop(String name, Duration longestTurn, Step step) {
    this.name = name;
    this.step = step;
    this.heart = new Heart(longestTurn);
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public void run() throws InterruptedException {
    thread = Thread.currentThread();
    try {
      while (!closing) {
        heart.beat();
        Duration pause = step.take();
        if (wakes.tryAcquire(pause.toMillis(), TimeUnit.MILLISECONDS)) {
          wakes.drainPermits();
        }
      }
    } catch (InterruptedException e) {
      if (!closing) {
        throw e;
      }
    } finally {
      thread = null;
    }
  }

  /** The next step is taken now. */
  void wake() {
    wakes.release();
  }

  /** Ends after the step that is under way. */
  void end() {
    closing = true;
    wake();
  }

  boolean isClosing() {
    return closing;
  }

  /** A step under way is interrupted: nothing durable depends on it. */
  @Override
  public void close(Duration limit) {
    closing = true;
    Thread running = thread;
    if (running != null) {
      running.interrupt();
    }
  }

  @Override
  public boolean isStuck() {
    return heart.isStuck();
  }
}
