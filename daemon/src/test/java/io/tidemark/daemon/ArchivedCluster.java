package io.tidemark.daemon;

import io.tidemark.backup.Backup;
import io.tidemark.backup.BackupOptions;
import io.tidemark.backup.BackupProgress;
import io.tidemark.backup.BackupResult;
import io.tidemark.config.ArchiveSettings;
import io.tidemark.postgres.HostPort;
import io.tidemark.postgres.Lsn;
import io.tidemark.postgres.PostgresEndpoint;
import io.tidemark.postgres.PostgresSession;
import io.tidemark.repository.ClusterIdentity;
import io.tidemark.repository.ClusterRepository;
import io.tidemark.repository.RepositoryOptions;
import io.tidemark.store.ObjectStore;
import io.tidemark.testing.TestCluster;
import io.tidemark.walarchiver.ArchiverLog;
import io.tidemark.walarchiver.WalArchiver;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.atomic.AtomicReference;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;

/** A running cluster, a repository for it, and an archiver between them. */
final class ArchivedCluster implements AutoCloseable {
  static final String NAME = "shop";

  private final TestCluster cluster;
  private final ClusterRepository repository;
  private final WalArchiver archiver;
  private final Thread archiving;
  private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();

  ArchivedCluster(TestCluster cluster, ObjectStore store, RepositoryOptions options, Path spool) {
    this.cluster = cluster;
    this.repository = ClusterRepository.create(store, NAME, identity(cluster, options), options);
    this.archiver =
        new WalArchiver(
            ArchiveSettings.defaults(NAME),
            endpoint(cluster),
            repository,
            spool,
            new ArchiverLog(NAME));
    this.archiving = Thread.ofPlatform().name("test-archiver").start(this::archive);
  }

  private void archive() {
    try {
      archiver.run();
    } catch (RuntimeException | Error e) {
      failure.set(e);
    }
  }

  ClusterRepository repository() {
    return repository;
  }

  static PostgresEndpoint endpoint(TestCluster cluster) {
    return PostgresEndpoint.to(
        new HostPort(cluster.host(), cluster.port()), "postgres", cluster.user());
  }

  private static ClusterIdentity identity(TestCluster cluster, RepositoryOptions options) {
    try (PostgresSession session = PostgresSession.open(endpoint(cluster))) {
      return new ClusterIdentity(
          session.systemIdentifier(),
          session.serverVersion().major(),
          session.walSegmentSize(),
          options.encryptionKeyFile().isPresent(),
          Instant.now());
    }
  }

  BackupResult backup() {
    try (PostgresSession session = PostgresSession.open(endpoint(cluster))) {
      return new Backup(
              repository, session, cluster.data(), BackupOptions.DEFAULT, BackupProgress.NONE)
          .run();
    }
  }

  private void joinArchiver() {
    try {
      archiving.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Waits until everything that the server has written is acknowledged. */
  void awaitArchived() {
    Lsn written = Lsn.parse(cluster.value("SELECT pg_current_wal_lsn()"));
    Awaitility.await()
        .atMost(Duration.ofMinutes(1))
        .failFast("the archiver has ended", () -> failure.get() != null)
        .until(() -> archiver.status().durable().isAtLeast(written));
  }

  @Override
  public void close() {
    archiver.close();
    joinArchiver();
    repository.close();
    Throwable failed = failure.get();
    if (failed != null) {
      throw new AssertionError("the archiver failed", failed);
    }
  }
}
