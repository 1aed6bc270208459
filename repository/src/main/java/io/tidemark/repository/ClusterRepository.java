package io.tidemark.repository;

import io.tidemark.postgres.SystemId;
import io.tidemark.store.ObjectStore;

/** One cluster's part of a repository: the door to its WAL, its backups and its leases. */
public final class ClusterRepository {
  private ClusterRepository() {}

  /**
   * Makes the part for a new cluster; success also where the very same cluster is there already.
   *
   * @throws io.tidemark.config.TidemarkException WRONG_CLUSTER where another cluster is there
   */
  public static ClusterRepository create(
      ObjectStore store, String cluster, ClusterIdentity identity, RepositoryOptions options) {
    throw new UnsupportedOperationException();
  }

  /**
   * Opens what {@link #create} made.
   *
   * @throws io.tidemark.config.TidemarkException REPOSITORY_MISSING, FORMAT_NEWER, SECRET_UNUSABLE
   */
  public static ClusterRepository open(
      ObjectStore store, String cluster, RepositoryOptions options) {
    throw new UnsupportedOperationException();
  }

  /** The name under which it was opened. */
  public String cluster() {
    throw new UnsupportedOperationException();
  }

  public ClusterIdentity identity() {
    throw new UnsupportedOperationException();
  }

  /** Throws WRONG_CLUSTER, naming both, unless the cluster has this system identifier. */
  public void requireSystemId(SystemId systemId) {
    throw new UnsupportedOperationException();
  }

  public WalArchive wal() {
    throw new UnsupportedOperationException();
  }

  public BackupCatalogue backups() {
    throw new UnsupportedOperationException();
  }

  public Leases leases() {
    throw new UnsupportedOperationException();
  }

  /** Where it is, for messages. */
  public String describe() {
    throw new UnsupportedOperationException();
  }
}
