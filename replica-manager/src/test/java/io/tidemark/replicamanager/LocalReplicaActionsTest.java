package io.tidemark.replicamanager;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.tidemark.config.ErrorCode;
import io.tidemark.config.TidemarkException;
import io.tidemark.postgres.ControlFile;
import io.tidemark.replicamanager.ReplicaDecision.Build.From;
import io.tidemark.replicamanager.ReplicaState.Work;
import io.tidemark.restore.RestoreProgress;
import io.tidemark.restore.RestoredFiles;
import io.tidemark.testing.NeedsTool;
import io.tidemark.testing.OsUser;
import io.tidemark.testing.PostgresBinaries;
import io.tidemark.testing.TestCluster.StopMode;
import io.tidemark.testing.TestClusterBuilder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Replicas of real clusters. */
final class LocalReplicaActionsTest {
  private static final int SEGMENTS = 2;

  @TempDir Path temporary;

  /** Made first thing by each test, of the major that it wants. */
  @SuppressWarnings("NullAway.Init")
  private ReplicatedCluster cluster;

  @AfterEach
  void stop() throws InterruptedException {
    cluster.close();
  }

  private ReplicatedCluster cluster(int major) {
    return cluster(PostgresBinaries.of(major), builder -> builder);
  }

  private ReplicatedCluster cluster(
      PostgresBinaries binaries, UnaryOperator<TestClusterBuilder> settings) {
    cluster = new ReplicatedCluster(temporary, binaries, settings);
    cluster.primary.sql(
        "CREATE TABLE filler AS SELECT x, repeat(md5(x::text), 20) AS t"
            + " FROM generate_series(1, 20000) x",
        "CREATE TABLE counted AS SELECT 1 AS n");
    return cluster;
  }

  private void count(int n) {
    cluster.primary.sql("UPDATE counted SET n = " + n);
  }

  private void assertFollows(ReplicaSpec replica, int n) {
    count(n);
    cluster.awaitAnswer(replica, "SELECT n FROM counted", "" + n);
  }

  private static String file(ReplicaSpec replica, String name) throws IOException {
    return Files.readString(replica.directory().resolve(name));
  }

  // From the repository

  @ParameterizedTest
  @MethodSource("io.tidemark.testing.PostgresBinaries#majors")
  void aReplicaFromTheRepositoryStreamsThroughItsSlot(int major) throws IOException {
    cluster(major).backup();
    count(2);
    ReplicaSpec replica =
        cluster.replica("reports", "kind: read", "settings: {max_connections: 20, work_mem: 9MB}");

    cluster.actions().build(replica, cluster.seen(replica), From.REPOSITORY);
    assertThat(replica.home().read().orElseThrow().work()).isEqualTo(Work.NONE);
    cluster.actions().start(replica, cluster.seen(replica));

    cluster.awaitStreaming(replica);
    assertFollows(replica, 3);
    assertThat(cluster.ask(replica, "SHOW max_connections"))
        .as("not lower than the primary's")
        .isEqualTo("60");
    assertThat(cluster.ask(replica, "SHOW work_mem")).isEqualTo("9MB");
    assertThat(cluster.ask(replica, "SHOW archive_mode")).isEqualTo("off");
    assertThat(file(replica, "postgresql.auto.conf"))
        .contains("passfile=")
        .doesNotContain("secret", "password");
    assertThat(
            PosixFilePermissions.toString(Files.getPosixFilePermissions(replica.home().passfile())))
        .isEqualTo("rw-------");
    assertThat(ReplicaHome.markOf(replica.directory()))
        .contains(replica.home().read().orElseThrow().buildId());
  }

  @Test
  void goesOnWithABuildThatWasInterrupted() throws Exception {
    cluster(PostgresBinaries.NEWEST).backup();
    ReplicaSpec replica = cluster.replica("reports", "kind: read");
    TidemarkException broken =
        catchThrowableOfType(
            TidemarkException.class,
            () ->
                cluster
                    .actions(new InterruptedAt(4 << 20))
                    .build(replica, cluster.seen(replica), From.REPOSITORY));
    assertThat(broken).as("interrupted").isNotNull();
    assertThat(Thread.interrupted()).isTrue();

    assertThat(replica.home().read().orElseThrow().work()).isEqualTo(Work.BUILDING);
    assertThat(replica.directory().resolve(ControlFile.PATH)).doesNotExist();
    RestoredFiles files =
        new ReplicaBuilder(replica, cluster.repository, RestoreProgress.NONE)
            .build(From.REPOSITORY, ReplicaFacts.known(cluster.seen(replica)));
    assertThat(files.reusedBytes()).isGreaterThan(1 << 20);
    cluster.actions().continueBuild(replica, cluster.seen(replica));
    cluster.actions().start(replica, cluster.seen(replica));
    assertFollows(replica, 2);
  }

  /** Interrupts who builds when so many bytes are written. */
  private static final class InterruptedAt implements RestoreProgress {
    private final AtomicLong left;
    private final Thread building = Thread.currentThread();

    InterruptedAt(long bytes) {
      left = new AtomicLong(bytes);
    }

    @Override
    public void step(String what) {}

    @Override
    public void planned(long bytes) {}

    @Override
    public void restored(long bytes) {
      if (left.addAndGet(-bytes) < 0) {
        building.interrupt();
      }
    }
  }

  @ParameterizedTest
  @MethodSource("oldestAndNewest")
  void isFedFromTheArchiveAloneTailsIncluded(int major) throws IOException {
    cluster(major).backup();
    ReplicaSpec replica =
        cluster.replica(
            "vault", "kind: archive-only", "settings: {wal_retrieve_retry_interval: 100ms}");

    cluster.actions().build(replica, cluster.seen(replica), From.REPOSITORY);
    cluster.fetchFor(replica);
    cluster.actions().start(replica, cluster.seen(replica));

    assertFollows(replica, 2);
    assertFollows(replica, 3);
    cluster.primary.sql("INSERT INTO filler SELECT * FROM filler", "SELECT pg_switch_wal()");
    assertFollows(replica, 4);
    assertThat(file(replica, "postgresql.auto.conf")).contains("primary_conninfo = ''");
    assertThat(cluster.primary.value("SELECT count(*) FROM pg_stat_replication"))
        .as("the archiver alone")
        .isEqualTo("1");
  }

  @Test
  void isRebuiltAfterItHasGoneItsOwnWayWhereItCannotBeRewound() throws IOException {
    cluster(PostgresBinaries.NEWEST).backup();
    ReplicaSpec replica = follower("reports", "auto-rebuild: true");
    cluster.awaitReplayed(replica);
    promote(replica);
    cluster.awaitAnswer(replica, "UPDATE counted SET n = 99 RETURNING n", "99");
    count(2);
    assertThat(cluster.binaries.has("pg_rewind")).isFalse();

    cluster.actions().rewind(replica, cluster.seen(replica));
    cluster.actions().start(replica, cluster.seen(replica));

    cluster.awaitStreaming(replica);
    assertFollows(replica, 3);
  }

  // From the primary

  @ParameterizedTest
  @MethodSource("oldestAndNewest")
  void isBuiltFromThePrimaryWhereThereIsNoBackupAndFeedsAnother(int major) throws IOException {
    cluster(PostgresBinaries.of(major), builder -> builder.tablespace("fast"));
    cluster.primary.sql(
        "CREATE TABLE elsewhere TABLESPACE fast AS SELECT 7 AS n",
        "CREATE UNLOGGED TABLE forgotten AS SELECT 1 AS n");
    Path fast = Objects.requireNonNull(cluster.primary.tablespaces().get("fast")).toRealPath();
    ReplicaSpec first =
        cluster.replica(
            "first",
            "kind: read",
            "tablespaces: {%s: %s}".formatted(fast, temporary.resolve("fast-of-first")));

    TidemarkException broken =
        catchThrowableOfType(
            TidemarkException.class,
            () ->
                cluster
                    .actions(new InterruptedAt(8 << 20))
                    .build(first, cluster.seen(first), From.PRIMARY));
    assertThat(broken.code()).isEqualTo(ErrorCode.INTERRUPTED);
    assertThat(Thread.interrupted()).isTrue();
    assertThat(first.directory().resolve(ControlFile.PATH)).doesNotExist();
    cluster.actions().continueBuild(first, cluster.seen(first));
    cluster.actions().start(first, cluster.seen(first));
    cluster.awaitStreaming(first);
    assertFollows(first, 2);
    assertThat(cluster.ask(first, "SELECT n FROM elsewhere")).isEqualTo("7");
    assertThat(first.directory().resolve("tidemark.restoring")).doesNotExist();

    ReplicaSpec second =
        cluster.replica(
            "second",
            "kind: read",
            "upstream: first",
            "tablespaces: {%s: %s}"
                .formatted(temporary.resolve("fast-of-first"), temporary.resolve("fast-2")));
    cluster.actions().build(second, cluster.seen(second), From.PRIMARY);
    cluster.actions().start(second, cluster.seen(second));
    assertFollows(second, 3);
    assertThat(
            cluster.ask(
                first, "SELECT active FROM pg_replication_slots WHERE slot_name LIKE '%_second'"))
        .isEqualTo("t");
    assertThat(cluster.ask(second, "SELECT n FROM elsewhere")).isEqualTo("7");
  }

  // After a failover

  @Test
  @NeedsTool("pg_rewind")
  void formerPrimaryAndCrashedStandbyThatHaveDivergedAreRewound() throws IOException {
    cluster(PostgresBinaries.debian().orElseThrow(), builder -> builder).backup();
    ReplicaSpec successor = follower("successor");
    ReplicaSpec other = follower("other");
    cluster.primary.sql("CHECKPOINT");
    // Some segments between that checkpoint and the fork, which the end of the server removes.
    for (int i = 0; i < SEGMENTS; i++) {
      cluster.primary.sql(
          "INSERT INTO filler SELECT * FROM filler LIMIT 2000", "SELECT pg_switch_wal()");
    }
    count(2);
    cluster.awaitReplayed(successor);
    promote(successor);
    count(66);
    cluster.awaitReplayed(other);
    cluster.awaitArchived();
    cluster.crash(other);
    cluster.primary.stop(StopMode.FAST);
    cluster.awaitAnswer(successor, "UPDATE counted SET n = 3 RETURNING n", "3");

    cluster.primaryIs(successor);
    ReplicaSpec former = cluster.replicaIn(cluster.primary.data(), "former", "kind: read");
    TidemarkException foreign =
        catchThrowableOfType(
            TidemarkException.class, () -> cluster.actions().rewind(former, cluster.seen(former)));
    assertThat(foreign.code()).isEqualTo(ErrorCode.DIRECTORY_REFUSED);
    cluster.adopt(former);
    assertRewound(former, successor);
    assertThat(ReplicaHome.markOf(former.directory())).contains("adopted");
    assertRewound(cluster.replicaIn(other.directory(), "other", "kind: read"), successor);
  }

  private ReplicaSpec follower(String name, String... more) {
    ReplicaSpec replica =
        cluster.replica(
            name, Stream.concat(Stream.of("kind: read"), Stream.of(more)).toArray(String[]::new));
    cluster.actions().build(replica, cluster.seen(replica), From.REPOSITORY);
    cluster.actions().start(replica, cluster.seen(replica));
    cluster.awaitStreaming(replica);
    return replica;
  }

  private void assertRewound(ReplicaSpec replica, ReplicaSpec primary) {
    cluster.actions().createSlot(replica, cluster.seen(replica));
    cluster.actions().rewind(replica, cluster.seen(replica));
    cluster.actions().start(replica, cluster.seen(replica));

    cluster.awaitAnswer(replica, "SELECT n FROM counted", "3");
    cluster.awaitAnswer(
        primary,
        "SELECT active FROM pg_replication_slots WHERE slot_name = '" + replica.slot().get() + "'",
        "t");
    assertThat(replica.home().read().orElseThrow().work()).isEqualTo(Work.NONE);
    assertThat(cluster.ask(replica, "SHOW port")).isEqualTo("" + replica.settings().port());
  }

  private void promote(ReplicaSpec replica) {
    assertThat(cluster.ask(replica, "SELECT pg_promote()")).isEqualTo("t");
  }

  // Slots and settings

  @Test
  void makesALostSlotAnewAndLoadsSettingsAsTheyNeed() throws IOException {
    cluster(PostgresBinaries.NEWEST);
    ReplicaSpec replica = cluster.replica("reports", "kind: read");
    cluster.actions().build(replica, cluster.seen(replica), From.PRIMARY);
    cluster.primary.sql("SELECT pg_drop_replication_slot('tidemark_replica_reports')");

    cluster.actions().recreateSlot(replica, cluster.seen(replica));
    cluster.actions().createSlot(replica, cluster.seen(replica));
    cluster.actions().start(replica, cluster.seen(replica));
    cluster.awaitStreaming(replica);

    ReplicaSpec changed =
        cluster.replicaIn(
            replica.directory(), "reports", "kind: read", "settings: {work_mem: 11MB}");
    cluster.actions().configure(changed, cluster.seen(changed), change(false));
    cluster.awaitAnswer(replica, "SHOW work_mem", "11MB");
    assertThat(cluster.ask(replica, "SHOW port"))
        .as("needs a restart")
        .isEqualTo("" + replica.settings().port());
    cluster.actions().configure(changed, cluster.seen(changed), change(true));
    cluster.awaitAnswer(changed, "SHOW port", "" + changed.settings().port());
    cluster.actions().pauseReplay(changed, cluster.seen(changed));
    cluster.awaitAnswer(changed, "SELECT pg_get_wal_replay_pause_state()", "paused");
  }

  private static ReplicaDecision.Configure change(boolean restart) {
    return new ReplicaDecision.Configure(List.of(), restart, "the test wants it");
  }

  // Turn by turn

  @Test
  void isMadeStartedAndRepairedTurnByTurn() throws IOException {
    cluster(PostgresBinaries.NEWEST).backup();
    ReplicaSpec replica = cluster.replica("reports", "kind: read");
    try (ReplicaSources sources = new ReplicaSources();
        ReplicaManager manager = cluster.manager(replica, sources)) {
      assertThat(manager.step().decision()).isInstanceOf(ReplicaDecision.Build.class);
      assertThat(manager.step().decision()).isInstanceOf(ReplicaDecision.Start.class);
      cluster.awaitStreaming(replica);
      awaitNothing(manager);

      StandbyServer.of(replica).stop();
      cluster.primary.sql("SELECT pg_drop_replication_slot('tidemark_replica_reports')");
      ReplicatedCluster.await(
          "is repaired", () -> manager.step().decision() instanceof ReplicaDecision.Nothing);
      cluster.awaitStreaming(replica);
      assertFollows(replica, 2);

      Files.delete(replica.directory().resolve(ReplicaHome.MARKER));
      assertThat(manager.step().decision())
          .as("it may be anybody's now")
          .isInstanceOf(ReplicaDecision.Refuse.class);
      ReplicaHome.mark(replica.directory(), replica.home().read().orElseThrow().buildId());
      awaitNothing(manager);
    }
  }

  private static void awaitNothing(ReplicaManager manager) {
    ReplicatedCluster.await(
        "nothing to do",
        () -> {
          ReplicaDecision decision = manager.step().decision();
          assertThat(decision)
              .isNotInstanceOfAny(ReplicaDecision.Build.class, ReplicaDecision.Configure.class);
          return decision instanceof ReplicaDecision.Nothing;
        });
  }

  // What is not ours

  @Test
  void neverTouchesADirectoryThatIsNotItsOwn() throws IOException {
    cluster(PostgresBinaries.NEWEST).backup();
    ReplicaSpec replica = cluster.replica("reports", "kind: read");
    Files.createDirectories(replica.directory());
    Path precious = Files.writeString(replica.directory().resolve("precious"), "x");

    assertRefused(replica);
    // Another's: the marker alone does not do.
    ReplicaHome.mark(replica.directory(), "another's");
    assertRefused(replica);
    assertThat(precious).hasContent("x");
    assertThat(replica.directory().toFile().list()).hasSize(2);
    assertThat(replica.home().read()).isEmpty();
    assertThat(
            cluster.primary.value(
                "SELECT count(*) FROM pg_replication_slots WHERE slot_name LIKE '%reports'"))
        .isEqualTo("0");
  }

  private void assertRefused(ReplicaSpec replica) {
    Observation seen = cluster.seen(replica);
    List<Runnable> actions =
        List.of(
            () -> cluster.actions().build(replica, seen, From.REPOSITORY),
            () -> cluster.actions().build(replica, seen, From.PRIMARY),
            () -> cluster.actions().continueBuild(replica, seen),
            () -> cluster.actions().rebuild(replica, seen),
            () -> cluster.actions().rewind(replica, seen),
            () -> cluster.actions().configure(replica, seen, change(true)),
            () -> cluster.actions().start(replica, seen));
    for (Runnable action : actions) {
      TidemarkException refusal = catchThrowableOfType(TidemarkException.class, action::run);
      assertThat(refusal.code()).isEqualTo(ErrorCode.DIRECTORY_REFUSED);
    }
  }

  @Test
  void doesNotStartAServerThatWouldBeAPrimary() throws IOException {
    cluster(PostgresBinaries.NEWEST);
    ReplicaSpec replica = cluster.replica("reports", "kind: read");
    cluster.actions().build(replica, cluster.seen(replica), From.PRIMARY);
    Files.delete(replica.directory().resolve("standby.signal"));

    TidemarkException refusal =
        catchThrowableOfType(
            TidemarkException.class, () -> cluster.actions().start(replica, cluster.seen(replica)));

    assertThat(refusal.code()).isEqualTo(ErrorCode.DIRECTORY_REFUSED);
    assertThat(refusal).hasMessageContaining("standby.signal");
    assertThat(StandbyServer.of(replica).isRunning()).isFalse();
  }

  @Test
  void isStartedAndStoppedThroughItsUnit() throws IOException {
    cluster(PostgresBinaries.NEWEST);
    ReplicaSpec replica = cluster.replica("reports", "kind: read", "unit: reports.service");
    cluster.actions().build(replica, cluster.seen(replica), From.PRIMARY);
    Path calls = temporary.resolve("calls");
    Path systemctl = temporary.resolve("systemctl");
    Files.writeString(
        systemctl,
        """
        #!/bin/sh
        echo "$1 $2" >>%s
        [ "$1" = start ] && w="-W" || w="-w -m fast"
        %s %s/pg_ctl "$1" -D %s $w -l /dev/null >/dev/null
        """
            .formatted(
                calls,
                OsUser.forServers()
                    .map(user -> String.join(" ", user.command(List.of())))
                    .orElse(""),
                cluster.binaries.bin(),
                replica.directory()));
    Files.setPosixFilePermissions(systemctl, PosixFilePermissions.fromString("rwxr-xr-x"));

    StandbyServer server = StandbyServer.of(replica, systemctl.toString());
    server.start();
    cluster.awaitStreaming(replica);
    server.stop();

    assertThat(calls).hasContent("start reports.service\nstop reports.service");
    assertThat(server.isRunning()).isFalse();
    Files.writeString(systemctl, "#!/bin/sh\necho Unit is masked.\nexit 1\n");
    TidemarkException failure = catchThrowableOfType(TidemarkException.class, server::start);
    assertThat(failure).hasMessageContaining("Unit is masked.");
    assertThat(failure.hint()).contains("journalctl -u reports.service");
  }

  static List<Integer> oldestAndNewest() {
    return List.of(PostgresBinaries.OLDEST, PostgresBinaries.NEWEST);
  }
}
