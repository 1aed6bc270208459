package io.tidemark.repository;

/** A lease that is held. Closing releases it. */
public final class Lease implements AutoCloseable {
  Lease() {}

  /**
   * Renews it for its whole duration again.
   *
   * @throws io.tidemark.config.TidemarkException LEASE_HELD where somebody else took it meanwhile
   */
  public void renew() {
    throw new UnsupportedOperationException();
  }

  @Override
  public void close() {
    throw new UnsupportedOperationException();
  }
}
