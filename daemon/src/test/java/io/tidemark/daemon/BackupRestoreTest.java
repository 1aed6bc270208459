package io.tidemark.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.backup.BackupResult;
import io.tidemark.config.RestoreSettings;
import io.tidemark.postgres.HostPort;
import io.tidemark.postgres.Lsn;
import io.tidemark.postgres.PostgresEndpoint;
import io.tidemark.postgres.PostgresInstallation;
import io.tidemark.postgres.PostgresServer;
import io.tidemark.postgres.PostgresSession;
import io.tidemark.postgres.TimelineHistory;
import io.tidemark.repository.BackupEntry.Completed;
import io.tidemark.repository.ClusterRepository;
import io.tidemark.repository.Compression;
import io.tidemark.repository.RepositoryOptions;
import io.tidemark.repository.Writer;
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
import io.tidemark.restore.RestoredFiles;
import io.tidemark.restore.TargetFinder;
import io.tidemark.restore.WalFetcher;
import io.tidemark.restore.WalGet;
import io.tidemark.store.PosixSettings;
import io.tidemark.store.PosixStore;
import io.tidemark.testing.ClusterContent;
import io.tidemark.testing.FreePort;
import io.tidemark.testing.OsUser;
import io.tidemark.testing.PostgresBinaries;
import io.tidemark.testing.TestCluster;
import io.tidemark.testing.Workload;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class BackupRestoreTest {
  private static final RepositoryOptions OPTIONS =
      new RepositoryOptions(Compression.DEFAULT, Optional.empty(), new Writer("test", 1, "0.1"));

  @TempDir Path directory;

  @Test
  void restoresToTheEndOfTheArchiveWhatThePrimaryHeld() throws Exception {
    OsUser.letIn(directory);
    PostgresBinaries binaries = PostgresBinaries.of(17);
    PosixStore store = PosixStore.create(PosixSettings.of(directory.resolve("repository")));
    try (TestCluster cluster = TestCluster.builder(binaries).start();
        ArchivedCluster archived =
            new ArchivedCluster(cluster, store, OPTIONS, directory.resolve("spool"));
        Workload workload = Workload.on(cluster).seed(7).start()) {
      workload.awaitMore(100);
      BackupResult backup = archived.backup();
      workload.awaitMore(100);
      workload.stop();
      ClusterContent held = ClusterContent.of(cluster);
      archived.awaitArchived();

      Path target = directory.resolve("restored");
      RecoveryProof proof = restore(archived.repository(), binaries, target);

      assertThat(backup.damagedPages()).isEmpty();
      assertThat(proof.state()).isEqualTo(RecoveryProof.State.PROMOTED);
      try (TestCluster restored = TestCluster.adopt(target, binaries).start()) {
        assertThat(ClusterContent.of(restored).differences(held)).isEmpty();
      }
    }
  }

  private static RecoveryProof restore(
      ClusterRepository repository, PostgresBinaries binaries, Path target) throws Exception {
    List<Completed> backups =
        repository.backups().list().stream()
            .filter(Completed.class::isInstance)
            .map(Completed.class::cast)
            .toList();
    RestorePlan plan =
        new RestorePlanner(backups, repository.wal().inventory(), new NoFinder())
            .plan(RestoreRequest.LATEST);
    RestoreOptions options =
        new RestoreOptions(
            target,
            false,
            Map.of(),
            2,
            OsUser.forServers().map(OsUser::name),
            TargetAction.PROMOTE,
            Archiving.OFF);
    WalGet walGet =
        new WalGet(
            Path.of("/nonexistent/tidemark"),
            Path.of("/nonexistent/tidemark.yaml"),
            ArchivedCluster.NAME,
            WalGet.Mode.RESTORE,
            Duration.ofMinutes(1));
    RestoredFiles files =
        new Restore(repository, options, RestoreProgress.NONE).run(plan, walGet::install);
    assertThat(files.bytes()).isPositive();
    OsUser.own(target);
    int port = FreePort.find();
    PostgresServer server =
        new PostgresServer(
            PostgresInstallation.find(binaries.major(), List.of(binaries.bin())), target);
    PostgresEndpoint endpoint =
        PostgresEndpoint.to(new HostPort("127.0.0.1", port), "postgres", "postgres");
    try (WalFetcher fetcher =
        WalFetcher.open(repository, target, RestoreSettings.defaults()).orElseThrow()) {
      Thread fetching = Thread.ofVirtual().start(fetcher::run);
      try {
        return new Recovery(
                server, () -> PostgresSession.open(endpoint), plan, TargetAction.PROMOTE)
            .run(
                Map.of("port", "" + port, "unix_socket_directories", ""),
                target.resolve("recovery.log"),
                RecoveryProgress.NONE);
      } finally {
        server.stop(PostgresServer.StopMode.FAST, Duration.ofMinutes(1));
        fetching.interrupt();
        fetching.join();
      }
    }
  }

  private static final class NoFinder implements TargetFinder {
    @Override
    public Optional<Found> firstEndAfter(TimelineHistory history, Lsn from, Instant time) {
      return Optional.empty();
    }

    @Override
    public Optional<Found> lastEnd(TimelineHistory history, Lsn from) {
      return Optional.empty();
    }

    @Override
    public Optional<Found> endOf(TimelineHistory history, Lsn from, long xid) {
      return Optional.empty();
    }

    @Override
    public List<Found> restorePoints(TimelineHistory history, Lsn from, String name) {
      return List.of();
    }

    @Override
    public Optional<Lsn> lastRecordStart(TimelineHistory history, Lsn from) {
      return Optional.empty();
    }
  }
}
