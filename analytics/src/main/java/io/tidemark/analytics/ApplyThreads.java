package io.tidemark.analytics;

import io.tidemark.postgres.Lsn;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * Applies batches on threads of their own, while the next is read. Who hands batches over asks now
 * and then for what has become of them.
 */
final class ApplyThreads implements AutoCloseable {
  private final ApplyOrder order;
  private final List<Thread> threads = new ArrayList<>();

  /**
   * @param appliers one for each thread
   * @param name of the threads, before their number
   */
  ApplyThreads(ApplyOrder order, List<Applier> appliers, String name) {
    this.order = order;
    for (Applier each : appliers) {
      threads.add(Thread.ofVirtual().name(name + "-" + threads.size()).start(() -> run(each)));
    }
  }

  private void run(Applier applier) {
    try {
      Batch batch = order.take(applier);
      while (batch != null) {
        applier.apply(batch);
        batch = order.take(applier);
      }
    } catch (InterruptedException e) {
      // It ends, or another has failed; what was not applied comes again.
      order.end();
    } catch (RuntimeException e) {
      order.failed(e);
    } catch (Error e) {
      order.failed(new IllegalStateException("a defect while changes were applied", e));
    }
  }

  /** Hands a batch over; false where one waits already. */
  boolean offer(Batch batch) {
    return order.offer(batch);
  }

  /**
   * Everything before it is in the target.
   *
   * @throws RuntimeException what could not be applied
   */
  Lsn applied() {
    order.throwFailure();
    return order.applied();
  }

  /** Whether nothing waits and nothing is applied now. */
  boolean isIdle() {
    order.throwFailure();
    return order.isIdle();
  }

  /** What is applied now is ended, at most within the limit; what waits is dropped. */
  void end(Duration limit) {
    order.end();
    long until = System.nanoTime() + limit.toNanos();
    try {
      for (Thread each : threads) {
        each.join(Duration.ofNanos(Math.max(1, until - System.nanoTime())));
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    close();
  }

  @Override
  public void close() {
    order.end();
    threads.forEach(Thread::interrupt);
  }
}
