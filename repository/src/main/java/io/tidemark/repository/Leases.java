package io.tidemark.repository;

import io.tidemark.config.ErrorCode;
import io.tidemark.config.TidemarkException;
import io.tidemark.store.StoreException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Who does a kind of work for a cluster, so that two processes never do it at once. Times are the
 * store's; a wrong local clock changes nothing. Safe for use by many threads.
 */
public final class Leases {
  /** Who loses a race finds the winner's lease at the next look, unless it was released again. */
  private static final int MAX_TRIES = 3;

  private final LeaseObjects objects;

  Leases(Part part) {
    this.objects = new LeaseObjects(part);
  }

  /**
   * Takes the lease for {@code work}, such as {@code backup}.
   *
   * @param ttl how long it holds unless renewed, in whole seconds
   * @throws TidemarkException LEASE_HELD naming the holder and until when
   */
  public Lease acquire(String work, Duration ttl) {
    long seconds = Math.max(1, ttl.toSeconds());
    for (int i = 0; i < MAX_TRIES; i++) {
      Optional<LeaseObject> newest = objects.newest(work);
      newest.ifPresent(this::requireOver);
      long began = System.nanoTime();
      long next = newest.map(LeaseObject::n).orElse(0L) + 1;
      if (objects.put(work, next, seconds, false)) {
        return new Lease(this, work, next, seconds, began);
      }
    }
    throw lost(work);
  }

  private void requireOver(LeaseObject lease) {
    if (!lease.released()) {
      Instant now = objects.now();
      if (!lease.isOver(now)) {
        throw held(lease, now);
      }
    }
  }

  /** Puts the next number after {@code n}, which is a lease of this process's. */
  void renew(String work, long n, long seconds) {
    if (!objects.put(work, n + 1, seconds, false)) {
      throw lost(work);
    }
  }

  /** Where somebody else took it meanwhile, there is nothing to release. */
  void release(String work, long n) {
    objects.put(work, n + 1, 0, true);
  }

  private TidemarkException lost(String work) {
    return objects
        .newest(work)
        .filter(newest -> !newest.released())
        .map(newest -> held(newest, newest.at()))
        .orElseGet(
            () ->
                new TidemarkException(
                    ErrorCode.LEASE_HELD,
                    "another process took and gave back the lease for " + work + " just now",
                    "Try again."));
  }

  private TidemarkException held(LeaseObject lease, Instant now) {
    return new TidemarkException(
        ErrorCode.LEASE_HELD,
        lease.work()
            + " of "
            + objects.describe()
            + " is under way: "
            + lease.holder()
            + " holds its lease until "
            + lease.until()
            + "; it is "
            + now
            + " by the store's clock",
        "Wait for it to end. If that process is gone, the lease ends by itself.");
  }

  /** The store's clock: puts an object for it and removes it again. */
  public Instant storeNow() {
    return objects.now();
  }

  /**
   * All leases that are held now, by the store's clock; by the local clock where the store may only
   * be read, which does to show them.
   */
  public List<LeaseInfo> held() {
    List<LeaseObject> unreleased = new ArrayList<>();
    for (String work : objects.works()) {
      objects.newest(work).filter(lease -> !lease.released()).ifPresent(unreleased::add);
    }
    if (unreleased.isEmpty()) {
      return List.of();
    }
    Instant now = nowToShow();
    return unreleased.stream()
        .filter(lease -> !lease.isOver(now))
        .map(lease -> new LeaseInfo(lease.work(), lease.holder(), lease.until()))
        .toList();
  }

  private Instant nowToShow() {
    try {
      return objects.now();
    } catch (StoreException e) {
      if (e.kind() == StoreException.Kind.DENIED) {
        return Instant.now();
      }
      throw e;
    }
  }
}
