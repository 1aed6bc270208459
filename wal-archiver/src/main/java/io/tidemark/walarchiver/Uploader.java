package io.tidemark.walarchiver;

import io.tidemark.config.ErrorCode;
import io.tidemark.config.TidemarkException;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Puts on virtual threads, begun in the order in which they are asked for, a bounded number at
 * once. Each is tried until it goes through, unless the repository holds something else under that
 * name: that ends all. How many can wait is bounded by the buffers that they hold.
 */
final class Uploader implements AutoCloseable {
  static final Duration FIRST_WAIT = Duration.ofMillis(200);
  static final Duration LONGEST_WAIT = Duration.ofSeconds(15);

  private final String name;
  private final Semaphore permits;
  private final ArchiverState state;
  private final ArchiverListener listener;
  private final AtomicLong number = new AtomicLong();
  private final Set<Thread> threads = ConcurrentHashMap.newKeySet();
  private final CountDownLatch closed = new CountDownLatch(1);
  private final AtomicReference<@Nullable TidemarkException> failure = new AtomicReference<>();

  /**
   * One thing to put.
   *
   * @param what it is, for messages
   * @param action may be done again and again with the same result
   * @param needless whether something else has made it superfluous
   * @param then after the action went through
   * @param last in any case
   */
  record Put(String what, Runnable action, BooleanSupplier needless, Runnable then, Runnable last) {
    /** One that is never needless and leaves nothing to be done. */
    static Put of(String what, Runnable action) {
      return new Put(what, action, () -> false, () -> {}, () -> {});
    }
  }

  /**
   * @param name begins the threads' names
   * @param permits of which each put under way has one
   */
  Uploader(String name, Semaphore permits, ArchiverState state, ArchiverListener listener) {
    this.name = name;
    this.permits = permits;
    this.state = state;
    this.listener = listener;
  }

  /** Begins it, and returns at once. After the close nothing begins. */
  void start(Put put) {
    if (closed.getCount() == 0) {
      put.last().run();
      return;
    }
    Thread thread =
        Thread.ofVirtual()
            .name(name + "-put-" + number.incrementAndGet())
            .unstarted(() -> run(put));
    threads.add(thread);
    thread.start();
  }

  /** What ended all, if something did. */
  Optional<TidemarkException> failure() {
    return Optional.ofNullable(failure.get());
  }

  boolean isIdle() {
    return threads.isEmpty();
  }

  /** Gives up what has not gone through; its threads end when the store lets go of them. */
  @Override
  public void close() {
    closed.countDown();
    threads.forEach(Thread::interrupt);
  }

  private void run(Put put) {
    try {
      permits.acquire();
      try {
        if (goesThrough(put)) {
          put.then().run();
        }
      } finally {
        permits.release();
      }
    } catch (InterruptedException e) {
      // Closed: whoever closes knows that this put has not returned.
      Thread.currentThread().interrupt();
    } catch (TidemarkException e) {
      failure.compareAndSet(null, e);
    } catch (RuntimeException e) {
      failure.compareAndSet(
          null,
          new TidemarkException(ErrorCode.INTERNAL, "putting " + put.what() + ": " + e, "", e));
    } finally {
      put.last().run();
      threads.remove(Thread.currentThread());
    }
  }

  private boolean goesThrough(Put put) throws InterruptedException {
    Backoff backoff = new Backoff(FIRST_WAIT, LONGEST_WAIT, ThreadLocalRandom.current());
    while (!put.needless().getAsBoolean()) {
      try {
        put.action().run();
        recovered(put, backoff);
        return true;
      } catch (TidemarkException e) {
        if (e.code() == ErrorCode.CONTENT_CONFLICT) {
          throw e;
        }
        if (closed.await(failed(put, e, backoff).toMillis(), TimeUnit.MILLISECONDS)) {
          return false;
        }
      }
    }
    return false;
  }

  private Duration failed(Put put, TidemarkException e, Backoff backoff) {
    Duration wait = backoff.next();
    if (closed.getCount() > 0) {
      state.putFailures.incrementAndGet();
      state.lastError = e;
      listener.on(new ArchiverEvent.PutFailed(put.what(), e, wait));
    }
    return wait;
  }

  private void recovered(Put put, Backoff backoff) {
    state.lastError = null;
    if (backoff.failures() > 0) {
      listener.on(new ArchiverEvent.PutRecovered(put.what()));
    }
  }
}
