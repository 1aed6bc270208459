package io.tidemark.restore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.tidemark.backup.Backup;
import io.tidemark.backup.BackupOptions;
import io.tidemark.backup.BackupProgress;
import io.tidemark.config.ArchiveSettings;
import io.tidemark.config.ErrorCode;
import io.tidemark.config.TidemarkException;
import io.tidemark.postgres.ClusterState;
import io.tidemark.postgres.ControlFileReader;
import io.tidemark.postgres.HostPort;
import io.tidemark.postgres.Lsn;
import io.tidemark.postgres.PostgresEndpoint;
import io.tidemark.postgres.PostgresSession;
import io.tidemark.postgres.Timeline;
import io.tidemark.postgres.WalSegment;
import io.tidemark.postgres.WalSegmentSize;
import io.tidemark.repository.BackupEntry.Completed;
import io.tidemark.repository.ClusterIdentity;
import io.tidemark.repository.ClusterRepository;
import io.tidemark.repository.Compression;
import io.tidemark.repository.RepositoryOptions;
import io.tidemark.repository.WalInventory;
import io.tidemark.repository.Writer;
import io.tidemark.restore.RecoveryProof.State;
import io.tidemark.restore.RestoreOptions.TargetAction;
import io.tidemark.store.FaultyStore;
import io.tidemark.store.MemoryStore;
import io.tidemark.store.StoreException;
import io.tidemark.store.StoreFault;
import io.tidemark.testing.OsUser;
import io.tidemark.testing.PostgresBinaries;
import io.tidemark.testing.TestCluster;
import io.tidemark.walarchiver.ArchiverLog;
import io.tidemark.walarchiver.WalArchiver;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Recoveries of a real cluster to every kind of target. The cluster counts in a table: the number
 * that a restored server finds there says where it stopped.
 */
final class RealRecoveryTest {
  private static final int MARKS = 9;

  @TempDir Path temporary;
  private final FaultyStore store = new FaultyStore(new MemoryStore());

  /** A committed count. */
  private record Mark(long xid, Instant after, Lsn lsnAfter) {}

  private final List<Mark> marks = new ArrayList<>();
  private final List<RestoredServer> servers = new ArrayList<>();
  private @Nullable ClusterRepository repository;
  private @Nullable PostgresBinaries binaries;
  private Map<Path, Path> tablespaces = Map.of();

  @AfterEach
  void stopServers() {
    servers.forEach(RestoredServer::close);
    if (repository != null) {
      repository.close();
    }
  }

  @Test
  void stopsWhereItWasAskedToOnTheOldestMajor() throws Exception {
    archiveACluster(PostgresBinaries.of(PostgresBinaries.OLDEST));

    reachesTheEndWithAllThatTheClusterHeld();
    assertStops(at(new RestoreTarget.AtXid(marks.get(2).xid()), true), TargetAction.PAUSE, 2);
    assertStops(at(new RestoreTarget.AtTime(marks.get(5).after()), false), TargetAction.PAUSE, 6);
    RestoredServer shutDown =
        restore(at(new RestoreTarget.AtName("after 7"), false), TargetAction.SHUTDOWN);
    assertThat(shutDown.recover(Map.of()).state()).isEqualTo(State.SHUT_DOWN);
    assertThat(shutDown.isRunning()).isFalse();
    stopsInFrontOfAGap();
  }

  @Test
  void stopsWhereItWasAskedToOnTheNewestMajor() throws Exception {
    archiveACluster(PostgresBinaries.of(PostgresBinaries.NEWEST));

    assertStops(at(new RestoreTarget.AtXid(marks.get(2).xid()), false), TargetAction.PROMOTE, 3);
    assertStops(at(new RestoreTarget.AtLsn(marks.get(5).lsnAfter()), true), TargetAction.PAUSE, 6);
    assertStops(at(new RestoreTarget.EndOfArchive(), false), TargetAction.PAUSE, MARKS);
    assertStops(at(new RestoreTarget.Immediate(), false), TargetAction.PAUSE, 0);
    RestoredServer noStandby =
        restore(at(new RestoreTarget.AtXid(marks.get(2).xid()), false), TargetAction.PAUSE);
    assertThat(noStandby.recover(Map.of("hot_standby", "off")).state())
        .as("PostgreSQL shuts down where it cannot pause")
        .isEqualTo(State.SHUT_DOWN);
    abortsRecoveryWhileTheStoreIsNotReachedAndGoesOnLater();
  }

  private void reachesTheEndWithAllThatTheClusterHeld() throws Exception {
    RestoredServer server = restore(RestoreRequest.LATEST, TargetAction.PROMOTE);
    verifyWithPostgresTools(server.directory());
    RecoveryProof proof = server.recover(Map.of());

    assertThat(proof.state()).isEqualTo(State.PROMOTED);
    assertThat(proof.timeline()).isEqualTo(new Timeline(2));
    assertThat(count(server)).isEqualTo("" + MARKS);
    assertThat(server.value("SELECT count(*) FROM in_tablespace")).isEqualTo("1000");
    assertThat(server.value("SELECT count(*) FROM unlogged_one")).isEqualTo("0");
    assertThat(server.value("SHOW archive_mode")).isEqualTo("off");
    server.close();
  }

  private void assertStops(RestoreRequest request, TargetAction action, int expected)
      throws InterruptedException {
    RestoredServer server = restore(request, action);
    RecoveryProof proof = server.recover(Map.of());

    assertThat(proof.state())
        .isEqualTo(action == TargetAction.PAUSE ? State.PAUSED : State.PROMOTED);
    assertThat(count(server)).as(request.target().describe()).isEqualTo("" + expected);
    server.close();
  }

  private void abortsRecoveryWhileTheStoreIsNotReachedAndGoesOnLater() throws Exception {
    RestoredServer server = restore(RestoreRequest.LATEST, TargetAction.PROMOTE);
    WalSegment late = segmentOf(marks.get(6).lsnAfter());
    store.always(
        FaultyStore.keyContains(late.name()), new StoreFault.Fail(StoreException.Kind.UNAVAILABLE));
    // As if the WAL in front of it had been all there is room for.
    Files.delete(server.directory().resolve("pg_wal/tidemark/stage").resolve(late.name()));

    TidemarkException failure =
        catchThrowableOfType(TidemarkException.class, () -> server.recover(Map.of()));

    assertThat(failure.code()).isEqualTo(ErrorCode.RECOVERY_UNPROVEN);
    assertThat(failure.hint()).contains("FATAL", late.name());
    assertThat(server.isRunning()).isFalse();
    assertThat(ControlFileReader.read(server.directory()).state())
        .isEqualTo(ClusterState.IN_ARCHIVE_RECOVERY);
    assertThat(server.directory().resolve("recovery.signal")).exists();

    store.clear();
    assertThat(server.recover(Map.of()).state()).isEqualTo(State.PROMOTED);
    assertThat(count(server)).isEqualTo("9");
    server.close();
  }

  /** PostgreSQL reads ahead: it asks for what is missing before it comes to its target. */
  private void stopsInFrontOfAGap() throws Exception {
    WalSegment lost = segmentOf(marks.get(4).lsnAfter()).next();
    store.delete("shop/wal/00000001/%s/%s.wal".formatted(lost.log(), lost.name()));

    TidemarkException refusal =
        catchThrowableOfType(
            TidemarkException.class,
            () -> plan(at(new RestoreTarget.AtLsn(marks.getLast().lsnAfter()), false)));

    assertThat(refusal.code()).isEqualTo(ErrorCode.WAL_GAP);
    assertThat(refusal.hint()).contains("--lsn " + lost.start());
    RestoreRequest edge = at(new RestoreTarget.AtLsn(lost.start()), false);
    RestoredServer server = restore(edge, TargetAction.PROMOTE);
    RecoveryProof proof = server.recover(Map.of());
    assertThat(proof.reached()).isLessThanOrEqualTo(lost.start().plus(40));
    assertThat(count(server)).isIn("5", "6");
    server.close();

    // So the archive of an archiver looks that was cut off while it put several segments.
    assertThat(plan(RestoreRequest.LATEST).notes())
        .anyMatch(note -> note.contains("replays up to " + lost.start()));
    RestoredServer unfinished = restore(RestoreRequest.LATEST, TargetAction.PROMOTE);
    assertThat(unfinished.recover(Map.of()).state()).isEqualTo(State.PROMOTED);
    assertThat(count(unfinished)).isIn("5", "6");
    unfinished.close();
  }

  private static String count(RestoredServer server) {
    return server.value("SELECT count(*) FROM marks");
  }

  private static WalSegment segmentOf(Lsn lsn) {
    return WalSegment.containing(new Timeline(1), lsn, new WalSegmentSize(1 << 20));
  }

  private static RestoreRequest at(RestoreTarget target, boolean exclusive) {
    return new RestoreRequest(target, exclusive, new TimelineChoice.OfBackup(), Optional.empty());
  }

  private ClusterRepository repository() {
    return Objects.requireNonNull(repository);
  }

  private RestorePlan plan(RestoreRequest request) {
    WalInventory inventory = repository().wal().inventory();
    List<Completed> backups =
        repository().backups().list().stream()
            .filter(Completed.class::isInstance)
            .map(Completed.class::cast)
            .toList();
    return new RestorePlanner(
            backups, inventory, new ArchiveTargetFinder(repository().search(inventory)), true)
        .plan(request);
  }

  private RestoredServer restore(RestoreRequest request, TargetAction action) {
    String name = "restored-" + servers.size();
    Map<Path, Path> moved = new HashMap<>();
    tablespaces.forEach((from, to) -> moved.put(from, to.resolve(name)));
    RestoredServer server =
        new RestoredServer(
            repository(),
            plan(request),
            Objects.requireNonNull(binaries),
            temporary.resolve(name),
            moved,
            action);
    servers.add(server);
    server.restore();
    return server;
  }

  private static void verifyWithPostgresTools(Path directory) {
    Optional<PostgresBinaries> debian = PostgresBinaries.debian(15);
    int major = ControlFileReader.read(directory).major().number();
    if (major == 15 && debian.isPresent() && debian.get().has("pg_verifybackup")) {
      assertThat(debian.get().run("pg_verifybackup", "-n", directory))
          .contains("backup successfully verified");
    }
  }

  // The cluster

  private void archiveACluster(PostgresBinaries installed) throws Exception {
    OsUser.letIn(temporary);
    binaries = installed;
    try (TestCluster cluster =
        TestCluster.builder(installed)
            .walSegmentMegabytes(1)
            .fsync(false)
            .setting("archive_mode", "on")
            .setting("archive_command", "/bin/true")
            .tablespace("fast")
            .start()) {
      tablespaces =
          Map.of(
              Objects.requireNonNull(cluster.tablespaces().get("fast")).toRealPath(),
              temporary.resolve("tablespaces"));
      PostgresEndpoint endpoint =
          PostgresEndpoint.to(
              new HostPort(cluster.host(), cluster.port()), "postgres", cluster.user());
      repository = create(endpoint);
      try (WalArchiver archiver =
          new WalArchiver(
              ArchiveSettings.defaults("shop"),
              endpoint,
              repository,
              temporary.resolve("spool"),
              new ArchiverLog("shop"))) {
        Thread archiving = Thread.ofPlatform().start(archiver::run);
        fill(cluster, endpoint);
        Lsn written = Lsn.parse(cluster.value("SELECT pg_current_wal_lsn()"));
        Awaitility.await()
            .atMost(Duration.ofMinutes(1))
            .until(() -> archiver.status().durable().isAtLeast(written));
        archiver.close();
        archiving.join();
      }
    }
  }

  private ClusterRepository create(PostgresEndpoint endpoint) {
    RepositoryOptions options =
        new RepositoryOptions(Compression.DEFAULT, Optional.empty(), new Writer("test", 1, "0.1"));
    try (PostgresSession session = PostgresSession.open(endpoint)) {
      return ClusterRepository.create(store, "shop", ClusterIdentity.of(session, false), options);
    }
  }

  private void fill(TestCluster cluster, PostgresEndpoint endpoint) {
    cluster.sql(
        "CREATE TABLE marks (n int)",
        "CREATE TABLE filler (x text)",
        "CREATE TABLE in_tablespace TABLESPACE fast AS SELECT generate_series(1, 1000) AS x",
        "CREATE UNLOGGED TABLE unlogged_one AS SELECT 1 AS x");
    try (PostgresSession session = PostgresSession.open(endpoint)) {
      new Backup(repository(), session, cluster.data(), BackupOptions.DEFAULT, BackupProgress.NONE)
          .run();
    }
    for (int n = 1; n <= MARKS; n++) {
      // About a segment and a half for each.
      cluster.sql(
          "INSERT INTO filler SELECT repeat(md5(x::text), 30) FROM generate_series(1, 1500) x");
      String xid =
          cluster.value(
              "WITH new AS (INSERT INTO marks VALUES (%d)) SELECT pg_current_xact_id()"
                  .formatted(n));
      String[] after =
          cluster
              .value("SELECT clock_timestamp() || '|' || pg_current_wal_insert_lsn()")
              .split("\\|", -1);
      marks.add(
          new Mark(
              Long.parseLong(xid),
              OffsetDateTime.parse(after[0].replace(' ', 'T') + ":00").toInstant(),
              Lsn.parse(after[1])));
      if (n == 7) {
        cluster.sql("SELECT pg_create_restore_point('after 7')");
      }
    }
    cluster.sql("SELECT pg_switch_wal()", "CREATE TABLE the_end (x int)");
  }
}
