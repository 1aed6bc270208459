package io.tidemark.daemon;

import io.tidemark.config.RestoreSettings;
import io.tidemark.postgres.HostPort;
import io.tidemark.postgres.PostgresEndpoint;
import io.tidemark.postgres.PostgresInstallation;
import io.tidemark.postgres.PostgresServer;
import io.tidemark.postgres.PostgresSession;
import io.tidemark.postgres.TablespaceMap;
import io.tidemark.repository.BackupEntry.Completed;
import io.tidemark.repository.ClusterRepository;
import io.tidemark.repository.WalInventory;
import io.tidemark.restore.ArchiveTargetFinder;
import io.tidemark.restore.Recovery;
import io.tidemark.restore.RecoveryProgress;
import io.tidemark.restore.RecoveryProof;
import io.tidemark.restore.Restore;
import io.tidemark.restore.RestoreOptions;
import io.tidemark.restore.RestoreOptions.Archiving;
import io.tidemark.restore.RestoreOptions.TargetAction;
import io.tidemark.restore.RestorePlan;
import io.tidemark.restore.RestorePlanner;
import io.tidemark.restore.RestoreProgress;
import io.tidemark.restore.RestoreRequest;
import io.tidemark.restore.WalFetcher;
import io.tidemark.restore.WalGet;
import io.tidemark.testing.FreePort;
import io.tidemark.testing.OsUser;
import io.tidemark.testing.PostgresBinaries;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Restores from one repository, each into a directory of its own, with recovery and proof. */
final class Restorer {
  private final ClusterRepository repository;
  private final PostgresBinaries binaries;
  private final Path parent;
  private final Duration patience;

  /**
   * @param parent where the restored directories go; the servers' user can reach it
   * @param patience how long PostgreSQL waits for one file of WAL
   */
  Restorer(
      ClusterRepository repository, PostgresBinaries binaries, Path parent, Duration patience) {
    this.repository = repository;
    this.binaries = binaries;
    this.parent = parent;
    this.patience = patience;
  }

  Restorer(ClusterRepository repository, PostgresBinaries binaries, Path parent) {
    this(repository, binaries, parent, Duration.ofMinutes(1));
  }

  Restored restore(RestoreRequest request, String name) {
    RestorePlan plan = plan(request);
    return recover(plan, files(plan, name));
  }

  RestorePlan plan(RestoreRequest request) {
    List<Completed> backups =
        repository.backups().list().stream()
            .filter(Completed.class::isInstance)
            .map(Completed.class::cast)
            .toList();
    WalInventory inventory = repository.wal().inventory();
    return new RestorePlanner(
            backups, inventory, new ArchiveTargetFinder(repository.search(inventory)), true)
        .plan(request);
  }

  /** Writes the data directory, which is not started. */
  Path files(RestorePlan plan, String name) {
    Path target = parent.resolve(name);
    String map = repository.backups().manifest(plan.backup().name()).tablespaceMap();
    Map<Path, Path> moved =
        TablespaceMap.parse(map).tablespaces().stream()
            .map(link -> Path.of(link.directory()))
            .collect(
                Collectors.toMap(
                    from -> from, from -> parent.resolve(name + "-" + from.getFileName())));
    RestoreOptions options =
        new RestoreOptions(
            target,
            false,
            moved,
            2,
            OsUser.forServers().map(OsUser::name),
            TargetAction.PROMOTE,
            false,
            Archiving.OFF);
    WalGet walGet =
        new WalGet(
            Path.of("/nonexistent/tidemark"),
            Path.of("/nonexistent/tidemark.yaml"),
            ArchivedCluster.NAME,
            WalGet.Mode.RESTORE,
            patience);
    new Restore(repository, options, RestoreProgress.NONE).run(plan, walGet::install);
    return target;
  }

  /** Starts the server with a fetcher beside it, and lets it recover. */
  Restored recover(RestorePlan plan, Path target) {
    try (WalFetcher fetcher =
        WalFetcher.open(repository, target, RestoreSettings.defaults()).orElseThrow()) {
      Thread fetching = Thread.ofVirtual().name("test-fetcher").start(fetcher::run);
      try {
        return recoverAlone(plan, target);
      } finally {
        fetching.interrupt();
        join(fetching);
      }
    }
  }

  /** As above, with no fetcher to answer. */
  Restored recoverAlone(RestorePlan plan, Path target) {
    int port = FreePort.find();
    PostgresServer server = server(target);
    PostgresEndpoint endpoint =
        PostgresEndpoint.to(new HostPort("127.0.0.1", port), "postgres", "postgres");
    @Nullable Restored restored = null;
    try {
      RecoveryProof proof =
          new Recovery(server, () -> PostgresSession.open(endpoint), plan, TargetAction.PROMOTE)
              .run(
                  Map.of("port", "" + port, "unix_socket_directories", ""),
                  target.resolve("recovery.log"),
                  RecoveryProgress.NONE);
      restored = new Restored(plan, proof, server, port);
      return restored;
    } finally {
      if (restored == null) {
        server.stop(PostgresServer.StopMode.IMMEDIATE, Duration.ofMinutes(1));
      }
    }
  }

  PostgresServer server(Path target) {
    return new PostgresServer(
        PostgresInstallation.find(binaries.major(), List.of(binaries.bin())), target);
  }

  private static void join(Thread thread) {
    try {
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
