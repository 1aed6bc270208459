package io.tidemark.walarchiver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.tidemark.config.ArchiveSettings.Ack;
import io.tidemark.config.ArchiveSettings.WalRemoved;
import io.tidemark.config.ErrorCode;
import io.tidemark.config.TidemarkException;
import io.tidemark.postgres.Lsn;
import io.tidemark.postgres.Timeline;
import io.tidemark.postgres.TimelineHistory;
import io.tidemark.repository.WalGap;
import io.tidemark.repository.WalInventory;
import io.tidemark.store.StoreObserver.Operation;
import io.tidemark.testing.LogWatch;
import io.tidemark.testing.TestCluster;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ArchiverTimelineTest {
  private static final Timeline ONE = new Timeline(1);
  private static final Timeline TWO = new Timeline(2);

  @RegisterExtension final LogWatch log = new LogWatch();

  @TempDir Path spool;

  @ParameterizedTest
  @ValueSource(ints = {15, 18})
  void followsAFailoverAndRefusesTheOldPrimaryThatComesBack(int major) throws Exception {
    log.allow("archiving interrupted");
    log.expect("on timeline 1, the archive has timeline 2 already");
    try (TestCluster old = Archiving.cluster(major).start();
        TestCluster next = TestCluster.standbyOf(old).setting("fsync", "off").start();
        Archiving archiving = new Archiving(old, spool).start()) {
      Lsn first = archiving.awaitEvent(ArchiverEvent.Streaming.class).from();
      Lsn before = Archiving.write(old, 2);
      archiving.awaitDurable(before);
      await()
          .atMost(Archiving.LIMIT)
          .untilAsserted(() -> assertThat(replayed(next)).isGreaterThanOrEqualTo(before));
      next.promote();
      Lsn after = Archiving.write(next, 2);
      archiving.stop(Duration.ofSeconds(5));

      archiving.to(Archiving.endpoint(next.port())).start();
      await().atMost(Archiving.LIMIT).until(() -> onTimeline(archiving, TWO, after));
      Lsn left = history(archiving).start();
      assertThat(left).isGreaterThanOrEqualTo(before);
      archiving.assertSameAs(next, ONE, first, before);
      archiving.assertSameAs(next, TWO, left, after);
      assertReachable(archiving, first, after);
      archiving.stop(Duration.ofSeconds(5));

      Archiving.write(old, 3);
      long putsBefore = walPuts(archiving);
      archiving.to(Archiving.endpoint(old.port())).start();
      assertThat(archiving.awaitEvent(ArchiverEvent.Refused.class).reason().code())
          .isEqualTo(ErrorCode.SERVER_BEHIND);
      assertThat(walPuts(archiving)).isEqualTo(putsBefore);
      archiving.assertTruthful();
    }
  }

  @Test
  void followsAPromotionInTheMiddleOfItsStream() throws Exception {
    try (TestCluster primary = Archiving.cluster(17).start();
        TestCluster standby = TestCluster.standbyOf(primary).setting("fsync", "off").start();
        Archiving archiving = new Archiving(standby, spool).start()) {
      Lsn first = archiving.awaitEvent(ArchiverEvent.Streaming.class).from();
      Lsn before = Archiving.write(primary, 2);
      archiving.awaitDurable(before);
      standby.promote();
      ArchiverEvent.TimelineEnded ended = archiving.awaitEvent(ArchiverEvent.TimelineEnded.class);
      assertThat(ended.next()).isEqualTo(TWO);
      Lsn after = Archiving.write(standby, 2);
      await().atMost(Archiving.LIMIT).until(() -> onTimeline(archiving, TWO, after));
      archiving.assertSameAs(primary, ONE, first, before);
      archiving.assertSameAs(standby, TWO, ended.at(), after);
      assertReachable(archiving, first, after);
      assertThat(archiving.status().reconnects()).isZero();
      archiving.assertTruthful();
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {15, 16, 17, 18})
  void recordsTheGapThatALostSlotLeaves(int major) throws Exception {
    log.expect("had lost its WAL and was made anew");
    log.expect("is lost to the archive");
    log.allow("archiving interrupted");
    try (TestCluster cluster =
            Archiving.cluster(major)
                .setting("wal_keep_size", "0")
                .setting("max_wal_size", "2MB")
                .setting("min_wal_size", "2MB")
                .setting("max_slot_wal_keep_size", "2MB")
                .start();
        Archiving archiving = new Archiving(cluster, spool).start()) {
      archiving.awaitEvent(ArchiverEvent.Streaming.class);
      archiving.awaitDurable(Archiving.write(cluster, 1));
      archiving.stop(Duration.ofSeconds(5));
      for (int i = 0; i < 3; i++) {
        Archiving.write(cluster, 3);
        cluster.sql("CHECKPOINT");
      }
      assertThat(cluster.value("SELECT wal_status FROM pg_replication_slots")).isEqualTo("lost");

      archiving.start();
      Lsn end = Archiving.write(cluster, 1);
      archiving.awaitDurable(end);
      WalGap gap = archiving.awaitEvent(ArchiverEvent.GapRecorded.class).gap();
      WalInventory inventory = archiving.reader.wal().inventory();
      assertThat(inventory.of(ONE).orElseThrow().gaps())
          .extracting(WalGap::from, WalGap::to, WalGap::isOnRecord)
          .containsExactly(org.assertj.core.groups.Tuple.tuple(gap.from(), gap.to(), true));
      assertThat(archiving.status().gaps()).isEqualTo(1);
      archiving.assertSameAs(cluster, ONE, gap.to(), end);
      archiving.stop(Duration.ofSeconds(5));
    }
  }

  @Test
  void waitsForADecisionWhereWalWasRemovedAndThatIsWanted() throws Exception {
    log.expect("had lost its WAL and was made anew");
    log.expect("archive.wal-removed is stop");
    log.allow("archiving interrupted");
    try (TestCluster cluster =
            Archiving.cluster(17)
                .setting("wal_keep_size", "0")
                .setting("max_wal_size", "2MB")
                .setting("min_wal_size", "2MB")
                .setting("max_slot_wal_keep_size", "2MB")
                .start();
        Archiving archiving =
            new Archiving(cluster, spool)
                .with(Archiving.settings(Ack.REPOSITORY, WalRemoved.STOP))
                .start()) {
      archiving.awaitEvent(ArchiverEvent.Streaming.class);
      archiving.awaitDurable(Archiving.write(cluster, 1));
      archiving.stop(Duration.ofSeconds(5));
      Lsn archived = archiving.frontier(new Timeline(1));
      for (int i = 0; i < 3; i++) {
        Archiving.write(cluster, 3);
        cluster.sql("CHECKPOINT");
      }
      archiving.start();
      assertThat(archiving.awaitEvent(ArchiverEvent.Refused.class).reason().code())
          .isEqualTo(ErrorCode.SLOT_UNUSABLE);
      assertThat(archiving.status().state()).isEqualTo(ArchiverStatus.State.REFUSED);
      assertThat(archiving.frontier(new Timeline(1))).isEqualTo(archived);
      assertThat(archiving.events(ArchiverEvent.GapRecorded.class)).isEmpty();
      archiving.stop(Duration.ofSeconds(5));

      log.expect("is lost to the archive");
      archiving.with(Archiving.settings(Ack.REPOSITORY, WalRemoved.GAP)).start();
      archiving.awaitDurable(Archiving.write(cluster, 1));
      assertThat(archiving.awaitEvent(ArchiverEvent.GapRecorded.class).gap().from())
          .isEqualTo(archived);
    }
  }

  @Test
  void takesNothingFromAnotherCluster() throws Exception {
    try (TestCluster ours = Archiving.cluster(16).start();
        TestCluster foreign = Archiving.cluster(16).start();
        Archiving archiving = new Archiving(ours, spool)) {
      archiving.to(Archiving.endpoint(foreign.port())).start();
      assertThat(archiving.awaitDeath())
          .isInstanceOfSatisfying(
              TidemarkException.class,
              e -> assertThat(e.code()).isEqualTo(ErrorCode.WRONG_CLUSTER));
      assertThat(walPuts(archiving)).isZero();
      assertThat(foreign.value("SELECT count(*) FROM pg_replication_slots")).isEqualTo("0");
    }
  }

  @Test
  void aSecondArchiverWaitsForTheFirst() throws Exception {
    try (TestCluster cluster = Archiving.cluster(16).start();
        Archiving first = new Archiving(cluster, spool).start()) {
      first.awaitEvent(ArchiverEvent.Streaming.class);
      WalArchiver second =
          new WalArchiver(
              Archiving.settings(Ack.REPOSITORY, WalRemoved.GAP),
              Archiving.endpoint(cluster.port()),
              first.reader,
              spool,
              event -> {});
      Thread thread = Thread.ofPlatform().start(second::run);
      await()
          .atMost(Archiving.LIMIT)
          .until(() -> second.status().state() == ArchiverStatus.State.WAITING_FOR_LEASE);
      first.stop(Duration.ofSeconds(5));
      await()
          .atMost(Archiving.LIMIT)
          .until(() -> second.status().state() == ArchiverStatus.State.STREAMING);
      second.close(Duration.ofSeconds(5));
      assertThat(thread.join(Archiving.LIMIT)).isTrue();
    }
  }

  private static void assertReachable(Archiving archiving, Lsn from, Lsn to) throws IOException {
    WalInventory inventory = archiving.reader.wal().inventory();
    TimelineHistory history = history(archiving);
    assertThat(inventory.firstGap(history, from, to)).isEmpty();
    assertThat(inventory.reachableFrom(history, from)).isGreaterThanOrEqualTo(to);
  }

  private static TimelineHistory history(Archiving archiving) {
    return archiving.reader.wal().history(TWO).orElseThrow();
  }

  private static boolean onTimeline(Archiving archiving, Timeline timeline, Lsn lsn) {
    ArchiverStatus status = archiving.status();
    return status.timeline().filter(timeline::equals).isPresent()
        && status.durable().isAtLeast(lsn);
  }

  private static Lsn replayed(TestCluster standby) {
    return Lsn.parse(standby.value("SELECT pg_last_wal_replay_lsn()"));
  }

  private static long walPuts(Archiving archiving) {
    return List.copyOf(archiving.store.calls()).stream()
        .filter(call -> call.operation() == Operation.PUT && call.key().contains("/wal/"))
        .count();
  }
}
