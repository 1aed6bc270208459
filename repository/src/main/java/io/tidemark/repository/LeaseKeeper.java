package io.tidemark.repository;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Holds a lease for as long as some work takes: renews it three times within its duration, and says
 * when it was lost. Owns one virtual thread, which ends when it is closed.
 */
public final class LeaseKeeper implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(LeaseKeeper.class);

  private final Lease lease;
  private final CountDownLatch closed = new CountDownLatch(1);
  private final AtomicReference<@Nullable RuntimeException> lost = new AtomicReference<>();
  private final Thread renewer;

  private LeaseKeeper(Lease lease, String work, Duration ttl) {
    this.lease = lease;
    this.renewer =
        Thread.ofVirtual().name("lease-" + work).start(() -> renew(work, ttl.dividedBy(3)));
  }

  /** Takes the lease for {@code work} and keeps it. Fails as {@link Leases#acquire} does. */
  public static LeaseKeeper acquire(Leases leases, String work, Duration ttl) {
    return new LeaseKeeper(leases.acquire(work, ttl), work, ttl);
  }

  /**
   * Throws what the last renewal threw, if the lease was lost. Ask before anything irreversible.
   */
  public void requireHeld() {
    RuntimeException failure = lost.get();
    if (failure != null) {
      throw failure;
    }
  }

  @Override
  public void close() {
    closed.countDown();
    // An interrupted thread can put nothing: its file's channel closes, and others would wait until
    // the lease ends by itself.
    boolean interrupted = Thread.interrupted();
    try {
      renewer.join();
    } catch (InterruptedException e) {
      interrupted = true;
    }
    try {
      if (lost.get() == null) {
        lease.close();
      }
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  private void renew(String work, Duration every) {
    try {
      while (!closed.await(every.toMillis(), TimeUnit.MILLISECONDS)) {
        lease.renew();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (RuntimeException e) {
      LOG.warn("lease for {} could not be renewed: {}", work, e.getMessage());
      lost.set(e);
    }
  }
}
