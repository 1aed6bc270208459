package io.tidemark.daemon;

import io.tidemark.config.ErrorCode;
import io.tidemark.config.TidemarkException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs services, each on a thread of its own that ends with it. The first that ends for good, ends
 * the wait of who owns this. Safe for use by many threads.
 */
final class Services {
  private static final Logger LOG = LoggerFactory.getLogger(Services.class);

  private final Map<Service, Thread> running = new ConcurrentHashMap<>();
  private final Set<Service> closing = ConcurrentHashMap.newKeySet();
  private final AtomicReference<@Nullable TidemarkException> failure = new AtomicReference<>();
  private final CountDownLatch over = new CountDownLatch(1);

  /** Starts a service. */
  void start(Service service) {
    Thread.Builder builder =
        service.holdsItsThread() ? Thread.ofPlatform().daemon() : Thread.ofVirtual();
    Thread thread = builder.name(service.name()).unstarted(() -> run(service));
    running.put(service, thread);
    thread.start();
  }

  private void run(Service service) {
    try {
      service.run();
      if (!closing.contains(service)) {
        fail(defect(service, "it returned", null));
      }
    } catch (InterruptedException e) {
      endedBy(service, e);
    } catch (TidemarkException e) {
      endedBy(service, e);
    } catch (RuntimeException | Error e) {
      endedBy(service, e);
    } finally {
      running.remove(service);
      closing.remove(service);
    }
  }

  private void endedBy(Service service, Throwable e) {
    if (closing.contains(service)) {
      LOG.debug("{} ended while it was closed", service.name(), e);
    } else {
      fail(e instanceof TidemarkException known ? known : defect(service, e.toString(), e));
    }
  }

  private static TidemarkException defect(Service service, String what, @Nullable Throwable e) {
    return new TidemarkException(
        ErrorCode.INTERNAL,
        "the service %s ended by itself: %s; expected it to run on".formatted(service.name(), what),
        "report it with the log",
        e);
  }

  private void fail(TidemarkException e) {
    if (failure.compareAndSet(null, e)) {
      over.countDown();
    }
  }

  /** Ends {@link #await} without a failure. */
  void endAll() {
    over.countDown();
  }

  /**
   * Waits until {@link #endAll}, or until a service ends for good, or the limit is over.
   *
   * @return whether it is over with the services, not only with the limit
   * @throws TidemarkException of that service
   */
  boolean await(Duration limit) throws InterruptedException {
    boolean ended = over.await(limit.toMillis(), TimeUnit.MILLISECONDS);
    TidemarkException e = failure.get();
    if (e != null) {
      throw e;
    }
    return ended;
  }

  /** Those that make no progress. */
  List<String> stuck() {
    return running.keySet().stream().filter(Service::isStuck).map(Service::name).sorted().toList();
  }

  /** Closes some, all at the same time, and waits for their threads, within the limit. */
  void close(Collection<? extends Service> services, Duration limit) {
    long until = System.nanoTime() + limit.toNanos();
    closing.addAll(services);
    List<Thread> waits = new ArrayList<>();
    for (Service service : services) {
      Thread thread = running.get(service);
      waits.add(
          Thread.ofVirtual()
              .name("close-" + service.name())
              .start(() -> closeOne(service, thread, until)));
    }
    for (Thread wait : waits) {
      join(wait, until);
    }
  }

  /** Closes all. */
  void closeAll(Duration limit) {
    close(List.copyOf(running.keySet()), limit);
  }

  private static void closeOne(Service service, @Nullable Thread thread, long until) {
    service.close(left(until));
    if (thread != null && !join(thread, until)) {
      LOG.warn("{} did not end within the limit", service.name());
    }
  }

  private static boolean join(Thread thread, long until) {
    try {
      return thread.join(left(until));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  private static Duration left(long until) {
    return Duration.ofNanos(Math.max(Duration.ofMillis(1).toNanos(), until - System.nanoTime()));
  }
}
