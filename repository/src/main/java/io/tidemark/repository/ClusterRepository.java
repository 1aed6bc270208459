package io.tidemark.repository;

import io.tidemark.config.ErrorCode;
import io.tidemark.config.TidemarkException;
import io.tidemark.postgres.SystemId;
import io.tidemark.store.ObjectStore;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * One cluster's part of a repository: the door to its WAL, its backups and its leases. Closing it
 * releases memory outside the heap, not the store.
 */
public final class ClusterRepository implements AutoCloseable {
  private final Part part;
  private final WalArchive wal;
  private final BackupCatalogue backups;
  private final Leases leases;

  private ClusterRepository(Part part) {
    this.part = part;
    this.wal = new WalArchive(part);
    this.backups = new BackupCatalogue(part);
    this.leases = new Leases(part);
  }

  /**
   * Makes the part for a new cluster; success also where the very same cluster is there already.
   *
   * @throws TidemarkException WRONG_CLUSTER where another cluster is there
   */
  public static ClusterRepository create(
      ObjectStore store, String cluster, ClusterIdentity identity, RepositoryOptions options) {
    Keys keys = new Keys(cluster);
    Optional<Path> keyFile = requireKeyFile(store, keys, identity, options);
    if (!IdentityObject.put(store, keys, identity, options.writer())) {
      requireSame(store, keys, IdentityObject.read(store, keys), identity);
    }
    // After the identity: of two that create at once under different names of one cluster, or with
    // different keys, only one comes here.
    keyFile.ifPresent(file -> Keyring.create(store, keys, file, options.writer()));
    return open(store, cluster, options);
  }

  /**
   * Opens what {@link #create} made.
   *
   * @throws TidemarkException REPOSITORY_MISSING, FORMAT_NEWER, SECRET_UNUSABLE
   */
  public static ClusterRepository open(
      ObjectStore store, String cluster, RepositoryOptions options) {
    Keys keys = new Keys(cluster);
    ClusterIdentity identity = IdentityObject.read(store, keys);
    Optional<Keyring> keyring =
        requireKeyFile(store, keys, identity, options)
            .map(file -> Keyring.open(store, keys, file, options.writer()));
    return new ClusterRepository(Part.of(store, keys, identity, options, keyring));
  }

  /** The names of the clusters of which there is a part in a repository, in order. */
  public static List<String> listClusters(ObjectStore store) {
    return IdentityObject.clusters(store);
  }

  /** The key file where content is encrypted; refuses one where it is not, and none where it is. */
  private static Optional<Path> requireKeyFile(
      ObjectStore store, Keys keys, ClusterIdentity identity, RepositoryOptions options) {
    if (identity.encrypted() == options.encryptionKeyFile().isPresent()) {
      return options.encryptionKeyFile();
    }
    throw new TidemarkException(
        ErrorCode.SECRET_UNUSABLE,
        keys.cluster()
            + " in "
            + store.describe()
            + (identity.encrypted()
                ? " is encrypted, and no key file is configured"
                : " is not encrypted, and a key file is configured"),
        identity.encrypted()
            ? "Name the key file in encryption.key-file."
            : "Remove encryption.key-file, or begin another repository: a part of one is either"
                + " encrypted from its first object on or not at all.");
  }

  private static void requireSame(
      ObjectStore store, Keys keys, ClusterIdentity found, ClusterIdentity wanted) {
    requireSystemId(store, keys, found, wanted.systemId());
    boolean same =
        found.postgresMajor() == wanted.postgresMajor()
            && found.walSegmentSize().equals(wanted.walSegmentSize())
            && found.encrypted() == wanted.encrypted();
    if (!same) {
      throw new TidemarkException(
          ErrorCode.WRONG_CLUSTER,
          keys.cluster() + " in " + store.describe() + " is " + found + "; expected " + wanted,
          "Choose another name in the repository for the cluster as it is now.");
    }
  }

  private static void requireSystemId(
      ObjectStore store, Keys keys, ClusterIdentity found, SystemId wanted) {
    if (!found.systemId().equals(wanted)) {
      throw new TidemarkException(
          ErrorCode.WRONG_CLUSTER,
          keys.cluster()
              + " in "
              + store.describe()
              + " belongs to the cluster with system identifier "
              + found.systemId()
              + "; the server's is "
              + wanted,
          "Choose another name in the repository, or connect to the server that it belongs to.");
    }
  }

  /**
   * Refuses another cluster than the one that this part belongs to.
   *
   * @throws TidemarkException WRONG_CLUSTER
   */
  public void requireSystemId(SystemId systemId) {
    requireSystemId(part.store(), part.keys(), part.identity(), systemId);
  }

  /** The name under which it was opened. */
  public String cluster() {
    return part.keys().cluster();
  }

  public ClusterIdentity identity() {
    return part.identity();
  }

  /** The data keys, where content is encrypted. */
  public Optional<Keyring> keyring() {
    return part.keyring();
  }

  public WalArchive wal() {
    return wal;
  }

  /** Finds moments in the archived WAL as far as {@code inventory} knows it. */
  public WalSearch search(WalInventory inventory) {
    return new WalSearch(wal, part.identity(), inventory);
  }

  public BackupCatalogue backups() {
    return backups;
  }

  public Leases leases() {
    return leases;
  }

  /** Where it is, for messages. */
  public String describe() {
    return cluster() + " in " + part.store().describe();
  }

  @Override
  public void close() {
    part.benches().close();
  }
}
