package io.tidemark.repository;

import io.tidemark.config.ErrorCode;
import io.tidemark.config.TidemarkException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Does many tasks on a few threads, which take them from one queue until it is empty or one of them
 * fails. Platform threads: the work is compression and checksums, which would hold a virtual
 * thread's carrier.
 *
 * @param <R> what each thread has of its own, such as its buffers
 * @param <T> a task
 */
public final class ParallelWork<R extends ParallelWork.Worker<T>, T> {
  /** One thread's part; closed when the thread ends, however it ends. */
  public interface Worker<T> extends AutoCloseable {
    void work(T task);

    /** Called once all tasks are taken and none has failed. */
    default void finish() {}

    @Override
    default void close() {}
  }

  private final Queue<T> tasks;
  private final Supplier<R> workers;
  private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();

  private ParallelWork(Collection<T> tasks, Supplier<R> workers) {
    this.tasks = new ConcurrentLinkedQueue<>(tasks);
    this.workers = workers;
  }

  /**
   * Does all tasks and returns when the last is done; throws what the first failing one threw,
   * after every thread has ended.
   *
   * @param name of the threads
   * @throws TidemarkException INTERRUPTED if the calling thread is interrupted meanwhile
   */
  public static <R extends Worker<T>, T> void run(
      String name, int threads, Collection<T> tasks, Supplier<R> workers) {
    ParallelWork<R, T> work = new ParallelWork<>(tasks, workers);
    List<Thread> started = new ArrayList<>();
    for (int i = 1; i <= threads; i++) {
      started.add(Thread.ofPlatform().name(name + "-" + i).start(work::runWorker));
    }
    work.join(started, name);
    rethrow(work.failure.get());
  }

  private void runWorker() {
    try (R worker = workers.get()) {
      for (T task = next(); task != null; task = next()) {
        worker.work(task);
      }
      if (failure.get() == null) {
        worker.finish();
      }
    } catch (Throwable e) {
      failure.compareAndSet(null, e);
    }
  }

  private @Nullable T next() {
    return failure.get() == null ? tasks.poll() : null;
  }

  private void join(List<Thread> threads, String name) {
    boolean interrupted = false;
    for (Thread thread : threads) {
      while (thread.isAlive()) {
        try {
          thread.join();
        } catch (InterruptedException e) {
          interrupted = true;
          failure.compareAndSet(
              null,
              new TidemarkException(
                  ErrorCode.INTERRUPTED, name + " was interrupted", "run it again to go on", e));
        }
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private static void rethrow(@Nullable Throwable failure) {
    switch (failure) {
      case null -> {}
      case RuntimeException e -> throw e;
      case Error e -> throw e;
      default -> throw new IllegalStateException(failure);
    }
  }
}
