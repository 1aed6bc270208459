package io.tidemark.analytics;

import io.tidemark.postgres.Lsn;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Applies batches on a thread of its own, in their order, while the next is read: one is applied,
 * one waits. Who hands batches over asks now and then for what has become of them.
 */
final class ApplyThread implements AutoCloseable {
  private final Applier applier;

  /** Wakes it up to see that it is to end. */
  private final Batch nothing = new Batch();

  private final BlockingQueue<Batch> waiting = new ArrayBlockingQueue<>(1);
  private final Thread thread;
  private volatile Lsn applied;
  private volatile @Nullable RuntimeException failure;
  private volatile boolean busy;
  private volatile boolean closing;

  ApplyThread(Applier applier, Lsn applied, String name) {
    this.applier = applier;
    this.applied = applied;
    this.thread = Thread.ofVirtual().name(name).start(this::run);
  }

  private void run() {
    try {
      while (!closing) {
        Batch batch = waiting.poll(1, TimeUnit.SECONDS);
        if (batch != null && batch != nothing) {
          busy = true;
          Lsn position = applier.apply(batch);
          if (position != null) {
            applied = position;
          }
          busy = false;
        }
      }
    } catch (InterruptedException e) {
      // Closing is the only reason; what was not applied comes again.
      closing = true;
    } catch (RuntimeException e) {
      failure = e;
    } catch (Error e) {
      failure = new IllegalStateException("a defect while changes were applied", e);
    }
  }

  /** Hands a batch over; false where one waits already. */
  boolean offer(Batch batch) {
    throwFailure();
    return waiting.offer(batch);
  }

  /** Everything before it is in the target. */
  Lsn applied() {
    throwFailure();
    return applied;
  }

  /** Whether nothing waits and nothing is applied now. */
  boolean isIdle() {
    throwFailure();
    return waiting.isEmpty() && !busy;
  }

  private void throwFailure() {
    RuntimeException failed = failure;
    if (failed != null) {
      throw failed;
    }
  }

  /** What is applied now is ended, at most within the limit; what waits is dropped. */
  void end(long limitMillis) {
    closing = true;
    // Where there is no room something is being applied, after which it looks.
    boolean _ = waiting.offer(nothing);
    try {
      thread.join(limitMillis);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    close();
  }

  @Override
  public void close() {
    closing = true;
    thread.interrupt();
    Batch left = waiting.poll();
    LargeTransaction large = left == null ? null : left.large();
    if (large != null) {
      large.close();
    }
  }
}
