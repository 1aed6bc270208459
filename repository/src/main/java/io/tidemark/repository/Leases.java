package io.tidemark.repository;

import java.time.Duration;
import java.util.List;

/** Who does a kind of work for a cluster, so that two processes never do it at once. */
public final class Leases {
  Leases() {}

  /**
   * Takes the lease for {@code work}, such as {@code backup}.
   *
   * @param ttl how long it holds unless renewed
   * @throws io.tidemark.config.TidemarkException LEASE_HELD naming the holder and until when
   */
  public Lease acquire(String work, Duration ttl) {
    throw new UnsupportedOperationException();
  }

  /** All leases that are held now. */
  public List<LeaseInfo> held() {
    throw new UnsupportedOperationException();
  }
}
