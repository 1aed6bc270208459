package io.tidemark.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.backup.BackupResult;
import io.tidemark.postgres.Lsn;
import io.tidemark.postgres.Timeline;
import io.tidemark.postgres.TimelineHistory;
import io.tidemark.repository.BackupName;
import io.tidemark.repository.WalInventory;
import io.tidemark.restore.RecoveryProof;
import io.tidemark.restore.RestoreRequest;
import io.tidemark.restore.RestoreTarget;
import io.tidemark.restore.TimelineChoice;
import io.tidemark.testing.ClusterContent;
import io.tidemark.testing.LogWatch;
import io.tidemark.testing.OsUser;
import io.tidemark.testing.PostgresBinaries;
import io.tidemark.testing.TestCluster;
import io.tidemark.testing.Workload;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The main job from end to end, on every major: archive, back up, restore to each kind of target,
 * promote, go on, and restore on both sides of the promotion. Every restored cluster is compared
 * with what the primary held at that moment.
 */
final class LongStoryTest {
  private static final Timeline ONE = new Timeline(1);
  private static final Timeline TWO = new Timeline(2);
  private static final Timeline THREE = new Timeline(3);
  private static final String POINT = "before the accident";

  @RegisterExtension final LogWatch log = new LogWatch();

  @TempDir Path directory;

  /**
   * The first timeline, and what it held when.
   *
   * @param live taken while clients wrote
   * @param moment between two transactions
   * @param beforeMarker without that moment's own transaction
   * @param named at the restore point
   * @param quiet taken while nobody wrote
   */
  private record FirstTimeline(
      BackupName live,
      Workload.Snapshot moment,
      ClusterContent beforeMarker,
      ClusterContent named,
      BackupName quiet,
      ClusterContent atQuiet,
      ClusterContent end) {}

  static Stream<StoryVariant> variants() {
    return PostgresBinaries.majors().stream().map(StoryVariant::of);
  }

  @ParameterizedTest
  @MethodSource("variants")
  void restoresEveryKindOfTargetOnBothSidesOfAPromotion(StoryVariant variant) throws Exception {
    log.allow("archiving interrupted");
    OsUser.letIn(directory);
    try (StoryStore store = store(variant);
        TestCluster primary = variant.cluster().start();
        ArchivedCluster archived =
            new ArchivedCluster(
                primary, store.store(), variant.options(directory), directory.resolve("spool"))) {
      Restorer restorer = new Restorer(archived.repository(), variant.binaries(), directory);
      FirstTimeline first = firstTimeline(variant, primary, archived);
      restoreEachTarget(restorer, first);
      try (TestCluster next = promote(variant, primary, restorer, first)) {
        ClusterContent endOfOne = goOnOnTheOldPrimary(primary, archived);
        archived.follow(next);
        goOnAndRestore(next, archived, restorer, first, endOfOne);
      }
    }
  }

  private StoryStore store(StoryVariant variant) {
    return variant.s3() ? StoryStore.s3() : StoryStore.posix(directory.resolve("repository"));
  }

  // The first timeline

  private static FirstTimeline firstTimeline(
      StoryVariant variant, TestCluster primary, ArchivedCluster archived) {
    primary.sql(
        "CREATE TABLE kept (id int, text text) " + variant.inTablespace(),
        "INSERT INTO kept SELECT i, repeat(md5(i::text), 20) FROM generate_series(1, 2000) i");
    try (Workload workload = Workload.on(primary).seed(variant.major()).rate(300).start()) {
      workload.awaitMore(100);
      BackupResult live = archived.backup();
      assertThat(live.damagedPages()).isEmpty();
      workload.awaitMore(50);
      workload.pause();
      ClusterContent before = ClusterContent.of(primary);
      Workload.Snapshot moment = workload.snapshot();
      workload.resume();
      primary.sql("UPDATE kept SET text = 'changed' WHERE id % 3 = 0");
      workload.awaitMore(50);
      ClusterContent named = nameThisMoment(primary, workload);
      workload.awaitMore(50);
      workload.pause();
      ClusterContent atQuiet = ClusterContent.of(primary);
      BackupResult quiet = archived.backup();
      workload.resume();
      workload.awaitMore(50);
      workload.stop();
      archived.awaitArchived();
      return new FirstTimeline(
          live.info().name(),
          moment,
          before,
          named,
          quiet.info().name(),
          atQuiet,
          ClusterContent.of(primary));
    }
  }

  private static ClusterContent nameThisMoment(TestCluster primary, Workload workload) {
    workload.pause();
    try {
      primary.sql("SELECT pg_create_restore_point('" + POINT + "')");
      return ClusterContent.of(primary);
    } finally {
      workload.resume();
    }
  }

  private static void restoreEachTarget(Restorer restorer, FirstTimeline first) {
    Workload.Snapshot moment = first.moment();
    Lsn lsn = Lsn.parse(moment.lsn());
    check(restorer, "lsn", to(new RestoreTarget.AtLsn(lsn)), first.live(), moment.content());
    check(
        restorer,
        "time",
        to(new RestoreTarget.AtTime(moment.time())),
        first.live(),
        moment.content());
    RestoreTarget.AtXid xid = new RestoreTarget.AtXid(moment.xid());
    check(restorer, "xid", to(xid), first.live(), moment.content());
    check(restorer, "before-xid", before(xid), first.live(), first.beforeMarker());
    check(restorer, "name", to(new RestoreTarget.AtName(POINT)), first.live(), first.named());
    check(restorer, "immediate", to(new RestoreTarget.Immediate()), first.quiet(), first.atQuiet());
    check(restorer, "end", RestoreRequest.LATEST, first.quiet(), first.end());
  }

  private static void check(
      Restorer restorer,
      String name,
      RestoreRequest request,
      BackupName backup,
      ClusterContent held) {
    try (Restored restored = restorer.restore(request, name)) {
      assertThat(restored.content().differences(held)).as(name).isEmpty();
      assertThat(restored.plan().backup().name()).as(name).isEqualTo(backup);
      assertThat(restored.proof().state()).as(name).isEqualTo(RecoveryProof.State.PROMOTED);
      assertThat(restored.proof().timeline()).as(name).isEqualTo(TWO);
    }
  }

  private static RestoreRequest to(RestoreTarget target) {
    return new RestoreRequest(target, false, new TimelineChoice.Latest(), Optional.empty());
  }

  private static RestoreRequest before(RestoreTarget target) {
    return new RestoreRequest(target, true, new TimelineChoice.Latest(), Optional.empty());
  }

  // The promotion

  private TestCluster promote(
      StoryVariant variant, TestCluster primary, Restorer restorer, FirstTimeline first) {
    if (!variant.promotesRestored()) {
      TestCluster standby = TestCluster.standbyOf(primary).fsync(false).start();
      Lsn written = Lsn.parse(primary.value("SELECT pg_current_wal_lsn()"));
      Awaitility.await()
          .atMost(Duration.ofMinutes(1))
          .until(
              () -> Lsn.parse(standby.value("SELECT pg_last_wal_replay_lsn()")).isAtLeast(written));
      standby.promote();
      return standby;
    }
    try (Restored restored = restorer.restore(RestoreRequest.LATEST, "next")) {
      assertThat(restored.content().differences(first.end())).isEmpty();
    }
    return TestCluster.adopt(directory.resolve("next"), variant.binaries())
        .setting("fsync", "off")
        .start();
  }

  /** What it writes after the promotion is archived, and is on the first timeline only. */
  private static ClusterContent goOnOnTheOldPrimary(TestCluster primary, ArchivedCluster archived) {
    primary.sql("CREATE TABLE only_on_one AS SELECT i FROM generate_series(1, 1000) i");
    archived.awaitArchived();
    return ClusterContent.of(primary);
  }

  // The second timeline

  private static void goOnAndRestore(
      TestCluster next,
      ArchivedCluster archived,
      Restorer restorer,
      FirstTimeline first,
      ClusterContent endOfOne) {
    try (Workload workload = Workload.on(next).seed(2).rate(300).start()) {
      workload.awaitMore(50);
      Workload.Snapshot moment = workload.snapshot();
      workload.awaitMore(20);
      BackupName newBackup = archived.backup().info().name();
      workload.awaitMore(50);
      workload.stop();
      Lsn end = archived.awaitArchived();
      ClusterContent held = ClusterContent.of(next);

      requireGapless(archived, restorer, end);
      acrossTheSwitch(restorer, first.live(), moment);
      toTheEndOfTheFirst(restorer, endOfOne);
      try (Restored restored = restorer.restore(RestoreRequest.LATEST, "end-of-two")) {
        assertThat(restored.content().differences(held)).isEmpty();
        assertThat(restored.plan().backup().name()).isEqualTo(newBackup);
        assertThat(restored.proof().timeline()).isEqualTo(THREE);
      }
    }
  }

  private static void requireGapless(ArchivedCluster archived, Restorer restorer, Lsn end) {
    WalInventory inventory = archived.repository().wal().inventory();
    TimelineHistory history = archived.repository().wal().history(TWO).orElseThrow();
    Lsn from = restorer.plan(to(new RestoreTarget.Immediate())).backup().startLsn();
    assertThat(inventory.remarks()).isEmpty();
    assertThat(inventory.firstGap(history, from, end)).isEmpty();
    assertThat(inventory.reachableFrom(history, from)).isGreaterThanOrEqualTo(end);
  }

  private static void acrossTheSwitch(Restorer restorer, BackupName old, Workload.Snapshot moment) {
    RestoreRequest request =
        new RestoreRequest(
            new RestoreTarget.AtLsn(Lsn.parse(moment.lsn())),
            false,
            new TimelineChoice.Given(TWO),
            Optional.of(old));
    try (Restored restored = restorer.restore(request, "across")) {
      assertThat(restored.content().differences(moment.content())).isEmpty();
      assertThat(restored.plan().backup().timeline()).isEqualTo(ONE);
      assertThat(restored.plan().history().timeline()).isEqualTo(TWO);
      assertThat(restored.proof().timeline()).isEqualTo(THREE);
    }
  }

  private static void toTheEndOfTheFirst(Restorer restorer, ClusterContent endOfOne) {
    RestoreRequest request =
        new RestoreRequest(
            new RestoreTarget.EndOfArchive(),
            false,
            new TimelineChoice.Given(ONE),
            Optional.empty());
    try (Restored restored = restorer.restore(request, "end-of-one")) {
      assertThat(restored.content().differences(endOfOne)).isEmpty();
      assertThat(restored.content().tables()).containsKey("postgres/public.only_on_one");
      // Timeline 2 is taken, as the archive tells the server by its history file.
      assertThat(restored.proof().timeline()).isEqualTo(THREE);
    }
  }
}
