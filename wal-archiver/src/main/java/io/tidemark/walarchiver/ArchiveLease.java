package io.tidemark.walarchiver;

import io.tidemark.config.ErrorCode;
import io.tidemark.config.TidemarkException;
import io.tidemark.repository.Lease;
import io.tidemark.repository.Leases;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The lease for archiving a cluster, renewed by a virtual thread until it is closed. A store that
 * cannot be reached does not end it: nobody else can take it then either, and a stream that
 * outlives an outage need not begin anew. Only somebody else's lease does.
 */
final class ArchiveLease implements AutoCloseable {
  /** The name of the work, as in {@code leases/archive/}. */
  static final String WORK = "archive";

  /** How long a daemon that died keeps another from going on. */
  static final Duration HOLDS = Duration.ofSeconds(15);

  private static final Logger LOG = LoggerFactory.getLogger(ArchiveLease.class);

  private final Lease lease;
  private final CountDownLatch closed = new CountDownLatch(1);
  private final Thread renewer;
  private volatile @Nullable TidemarkException lost;

  private ArchiveLease(Lease lease, String name) {
    this.lease = lease;
    this.renewer = Thread.ofVirtual().name(name + "-lease").start(this::renew);
  }

  /** Fails as {@link Leases#acquire} does. */
  static ArchiveLease acquire(Leases leases, String name) {
    return new ArchiveLease(leases.acquire(WORK, HOLDS), name);
  }

  /** Throws LEASE_HELD once somebody else has taken it. */
  void requireHeld() {
    TidemarkException failure = lost;
    if (failure != null) {
      throw failure;
    }
  }

  @Override
  public void close() {
    closed.countDown();
    try {
      renewer.join(Duration.ofSeconds(5));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    if (lost == null) {
      release();
    }
  }

  private void renew() {
    try {
      while (lost == null && !closed.await(HOLDS.toMillis() / 3, TimeUnit.MILLISECONDS)) {
        renewOnce();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void renewOnce() {
    try {
      lease.renew();
    } catch (TidemarkException e) {
      if (e.code() == ErrorCode.LEASE_HELD) {
        lost = e;
      } else {
        LOG.warn("the lease for archiving could not be renewed: {}", e.getMessage());
      }
    }
  }

  private void release() {
    try {
      lease.close();
    } catch (TidemarkException e) {
      LOG.warn("the lease for archiving ends by itself only: {}", e.getMessage());
    }
  }
}
