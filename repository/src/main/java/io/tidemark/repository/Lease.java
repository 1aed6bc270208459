package io.tidemark.repository;

import java.time.Duration;

/**
 * A lease that is held. Closing releases it. Safe for use by many threads.
 *
 * <p>It holds at the latest until its duration after the last renewal began, which is asked of the
 * local clock's pace, not its time: {@link #isHeld}.
 */
public final class Lease implements AutoCloseable {
  private final Leases leases;
  private final String work;
  private final long seconds;
  private long n;
  private long renewedAtNanos;
  private boolean over;

  /** The lease was put no later than now; {@code beganNanos} is from before that put. */
  Lease(Leases leases, String work, long n, long seconds, long beganNanos) {
    this.leases = leases;
    this.work = work;
    this.n = n;
    this.seconds = seconds;
    this.renewedAtNanos = beganNanos;
  }

  /** Whether nobody else can have taken it yet. False does not mean that somebody has. */
  public synchronized boolean isHeld() {
    return !over && System.nanoTime() - renewedAtNanos < Duration.ofSeconds(seconds).toNanos();
  }

  /**
   * Renews it for its whole duration again.
   *
   * @throws io.tidemark.config.TidemarkException LEASE_HELD where somebody else took it meanwhile
   */
  public synchronized void renew() {
    if (over) {
      throw new IllegalStateException("the lease for " + work + " was released");
    }
    long began = System.nanoTime();
    leases.renew(work, n, seconds);
    n++;
    renewedAtNanos = began;
  }

  /** Without effect where somebody else took it meanwhile, or it is released already. */
  @Override
  public synchronized void close() {
    if (!over) {
      over = true;
      leases.release(work, n);
    }
  }
}
