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
import io.tidemark.walarchiver.ArchiverListener;
import io.tidemark.walarchiver.ArchiverLog;
import io.tidemark.walarchiver.ArchiverStatus;
import io.tidemark.walarchiver.WalArchiver;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicReference;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;

/** A running cluster, a repository for it, and an archiver between them. */
final class ArchivedCluster implements AutoCloseable {
  static final String NAME = "shop";

  private static final Duration LIMIT = Duration.ofMinutes(1);

  private final ClusterRepository repository;
  private final Path spool;
  private final ArchiverListener listener;
  private TestCluster server;
  private Archiving archiving;

  /** An archiver at work. */
  private record Archiving(
      WalArchiver archiver, Thread thread, AtomicReference<@Nullable Throwable> failure) {
    static Archiving start(WalArchiver archiver) {
      AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
      Runnable work =
          () -> {
            try {
              archiver.run();
            } catch (RuntimeException | Error e) {
              failure.set(e);
            }
          };
      return new Archiving(
          archiver, Thread.ofPlatform().name("test-archiver").start(work), failure);
    }

    void end() {
      archiver.close();
      try {
        thread.join();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
      requireHealthy();
    }

    void requireHealthy() {
      Throwable failed = failure.get();
      if (failed != null) {
        throw new AssertionError("the archiver failed", failed);
      }
    }
  }

  ArchivedCluster(TestCluster server, ObjectStore store, RepositoryOptions options, Path spool) {
    this(server, store, options, spool, event -> {});
  }

  /** As above, with somebody who hears of everything. */
  ArchivedCluster(
      TestCluster server,
      ObjectStore store,
      RepositoryOptions options,
      Path spool,
      ArchiverListener listener) {
    this.server = server;
    this.spool = spool;
    this.listener = listener.and(new ArchiverLog(NAME));
    this.repository = ClusterRepository.create(store, NAME, identity(server, options), options);
    this.archiving = start();
  }

  private Archiving start() {
    return Archiving.start(
        new WalArchiver(settings(), endpoint(server), repository, spool, listener));
  }

  /** The usual ones, only faster. */
  static ArchiveSettings settings() {
    ArchiveSettings usual = ArchiveSettings.defaults(NAME);
    return new ArchiveSettings(
        true,
        usual.method(),
        Duration.ofMillis(200),
        usual.slot(),
        usual.applicationName(),
        usual.ack(),
        usual.bufferBytes(),
        usual.spoolLimitBytes(),
        usual.uploads(),
        Duration.ofMillis(200),
        usual.walRemoved());
  }

  static PostgresEndpoint endpoint(TestCluster cluster) {
    return PostgresEndpoint.to(
        new HostPort(cluster.host(), cluster.port()), "postgres", cluster.user());
  }

  static ClusterIdentity identity(TestCluster cluster, RepositoryOptions options) {
    try (PostgresSession session = PostgresSession.open(endpoint(cluster))) {
      return ClusterIdentity.of(session, options.encryptionKeyFile().isPresent());
    }
  }

  ClusterRepository repository() {
    return repository;
  }

  ArchiverStatus status() {
    return archiving.archiver().status();
  }

  /** The archiver ends, and another goes on at that server. */
  void follow(TestCluster next) {
    archiving.end();
    server = next;
    archiving = start();
  }

  BackupResult backup() {
    return backup(repository);
  }

  /** A backup through another view of the repository. */
  BackupResult backup(ClusterRepository into) {
    try (PostgresSession session = PostgresSession.open(endpoint(server))) {
      return new Backup(into, session, server.data(), BackupOptions.DEFAULT, BackupProgress.NONE)
          .run();
    }
  }

  /** Waits until everything that the server has written is acknowledged; says where that ends. */
  Lsn awaitArchived() {
    Lsn written = Lsn.parse(server.value("SELECT pg_current_wal_lsn()"));
    Awaitility.await()
        .atMost(LIMIT)
        .pollInterval(Duration.ofMillis(20))
        .failFast("the archiver has ended", () -> archiving.failure().get() != null)
        .until(() -> status().durable().isAtLeast(written));
    return written;
  }

  @Override
  public void close() {
    try {
      archiving.end();
    } finally {
      repository.close();
    }
  }
}
