package io.tidemark.postgres;

import static io.tidemark.postgres.LogicalReading.TEXT;
import static io.tidemark.postgres.LogicalReading.only;
import static io.tidemark.postgres.TimelineSwitchTest.assertFails;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.tidemark.testing.TestCluster;
import io.tidemark.testing.TestClusterBuilder;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class LogicalSlotTest {
  private static final SlotName SLOT = new SlotName("feed");
  private static final Duration LIMIT = Duration.ofSeconds(20);

  @ParameterizedTest
  @MethodSource("io.tidemark.testing.PostgresBinaries#majors")
  void aSlotsSnapshotAndStreamHaveEachRowOnce(int major) throws InterruptedException {
    try (TestCluster cluster = logical(major).start();
        PostgresSession session = PostgresSession.open(Clusters.endpoint(cluster))) {
      cluster.sql("CREATE TABLE t (id bigserial)", "CREATE PUBLICATION p FOR TABLE t");
      AtomicBoolean enough = new AtomicBoolean();
      Thread writer = Thread.startVirtualThread(() -> write(cluster, enough));
      await().until(() -> !"0".equals(cluster.value("SELECT count(*) FROM t")));
      try (ReplicationConnection connection = openLogical(cluster)) {
        LogicalSlot slot = connection.createLogicalSlot(SLOT, false, major >= 17, LIMIT);
        await().until(() -> cluster.value("SELECT max(id) > 300 FROM t").equals("t"));
        List<Long> copied =
            session.inSnapshot(
                slot.snapshot().orElseThrow(),
                () -> session.query("SELECT id FROM t", row -> row.number("id")));
        enough.set(true);
        writer.join();
        cluster.sql("INSERT INTO t VALUES (-1)");
        List<Long> streamed = streamedIds(connection, slot.consistentPoint(), major);
        assertThat(copied).isNotEmpty();
        assertThat(streamed).hasSizeGreaterThan(1);
        Set<Long> all = new HashSet<>(copied);
        all.addAll(streamed);
        assertThat(all)
            .hasSize(copied.size() + streamed.size())
            .hasSize(Integer.parseInt(cluster.value("SELECT count(*) FROM t")));

        assertSlotIsActive(cluster, session, major);
      }
      assertThatThrownBy(() -> session.inSnapshot("00000003-00000001-1", () -> 1))
          .isInstanceOf(PostgresException.class);
    }
  }

  private static void write(TestCluster cluster, AtomicBoolean enough) {
    try (PostgresSession writer = PostgresSession.open(Clusters.endpoint(cluster))) {
      while (!enough.get()) {
        writer.update("INSERT INTO t DEFAULT VALUES");
      }
    }
  }

  private static List<Long> streamedIds(ReplicationConnection connection, Lsn start, int major) {
    LogicalReading reading = new LogicalReading(connection.startLogical(SLOT, start, TEXT, major));
    List<LogicalMessage> all =
        reading.until(m -> m instanceof LogicalMessage.Insert insert && id(insert) == -1);
    Set<Long> ids = new HashSet<>();
    for (LogicalMessage.Insert insert : only(LogicalMessage.Insert.class, all)) {
      assertThat(ids.add(id(insert))).isTrue();
    }
    return List.copyOf(ids);
  }

  private static void assertSlotIsActive(TestCluster cluster, PostgresSession session, int major) {
    ReplicationSlotRow row = session.replicationSlots().getFirst();
    assertThat(row.type()).isEqualTo("logical");
    assertThat(row.plugin()).contains("pgoutput");
    assertThat(row.database()).contains("postgres");
    assertThat(row.active()).isTrue();
    assertThat(row.walStatus().orElse("")).isIn("reserved", "extended");
    assertThat(row.confirmedFlushLsn()).isPresent();
    assertThat(row.failover()).isEqualTo(major >= 17);
    try (ReplicationConnection second = openLogical(cluster)) {
      assertFails(
          ReplicationFailure.SLOT_ACTIVE, () -> second.startLogical(SLOT, Lsn.ZERO, TEXT, major));
      assertFails(
          ReplicationFailure.SLOT_EXISTS,
          () -> second.createLogicalSlot(SLOT, false, false, LIMIT));
      assertFails(
          ReplicationFailure.SLOT_MISSING,
          () -> second.startLogical(new SlotName("none"), Lsn.ZERO, TEXT, major));
      SlotName temporary = new SlotName("temporary");
      second.createLogicalSlot(temporary, true, false, LIMIT);
      assertThat(session.replicationSlots()).anyMatch(ReplicationSlotRow::temporary);
    }
    await().until(() -> session.replicationSlots().size() == 1);
  }

  @ParameterizedTest
  @ValueSource(ints = {15, 17, 18})
  void aSlotThatWasInvalidatedIsToldApart(int major) {
    try (TestCluster cluster =
            logical(major)
                .setting("max_wal_size", "32MB")
                .setting("min_wal_size", "32MB")
                .setting("max_slot_wal_keep_size", "16MB")
                .start();
        ReplicationConnection connection = openLogical(cluster);
        PostgresSession session = PostgresSession.open(Clusters.endpoint(cluster))) {
      Lsn start = connection.createLogicalSlot(SLOT, false, false, LIMIT).consistentPoint();
      assertThat(session.replicationSlots().getFirst().safeWalSize()).isPresent();
      for (int i = 0; i < 5; i++) {
        session.emitMessage(false, "test", "some WAL");
        session.switchWal();
        session.checkpoint();
      }
      ReplicationSlotRow row = session.replicationSlots().getFirst();
      assertThat(row.walStatus()).contains("lost");
      assertThat(row.invalidationReason())
          .isEqualTo(major >= 17 ? Optional.of("wal_removed") : Optional.empty());
      assertFails(
          ReplicationFailure.SLOT_INVALIDATED,
          () -> connection.startLogical(SLOT, start, TEXT, major));
      connection.dropSlot(SLOT);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {15, 18})
  void anIdleStreamLivesAndConfirmingWhatTheServerHasSentReleasesWal(int major) {
    try (TestCluster cluster = logical(major).setting("wal_sender_timeout", "600ms").start();
        ReplicationConnection connection = openLogical(cluster);
        PostgresSession session = PostgresSession.open(Clusters.endpoint(cluster))) {
      cluster.sql("CREATE TABLE t (id int)", "CREATE PUBLICATION p FOR TABLE t");
      cluster.sql("CREATE DATABASE busy");
      Lsn start = connection.createLogicalSlot(SLOT, false, false, LIMIT).consistentPoint();
      WalStream stream = connection.startLogical(SLOT, start, TEXT, major);
      LogicalReading reading = new LogicalReading(stream);
      long end = System.nanoTime() + Duration.ofMillis(1500).toNanos();
      while (System.nanoTime() < end) {
        assertThat(reading.step(Duration.ofMillis(50))).isFalse();
      }
      cluster.configure(Map.of("wal_sender_timeout", "1min"));
      cluster.reload();
      ReplicationSlotRow before = session.replicationSlots().getFirst();
      try (PostgresSession busy =
          PostgresSession.open(Clusters.endpoint(cluster).withDatabase("busy"))) {
        busy.execute("CREATE TABLE elsewhere AS SELECT generate_series(1, 10000)");
        Lsn written = busy.currentWalLsn();
        await()
            .atMost(LIMIT)
            .until(
                () -> {
                  busy.checkpoint();
                  assertThat(reading.step(Duration.ofMillis(50))).isFalse();
                  Lsn sent = reading.serverEnd();
                  stream.sendStatus(sent, sent, sent, true);
                  ReplicationSlotRow now = session.replicationSlots().getFirst();
                  return at(now.confirmedFlushLsn()).isAtLeast(written)
                      && at(now.restartLsn()).isAfter(at(before.confirmedFlushLsn()));
                });
      }
      cluster.sql("INSERT INTO t VALUES (1)");
      LogicalMessage.Commit commit =
          only(LogicalMessage.Commit.class, reading.untilCommits(1)).getFirst();
      stream.sendStatus(commit.endLsn(), commit.endLsn(), commit.endLsn(), false);
      await()
          .until(
              () ->
                  at(session.replicationSlots().getFirst().confirmedFlushLsn())
                      .equals(commit.endLsn()));
    }
  }

  @Test
  void aShutdownEndsTheStreamAsServerEnding() {
    try (TestCluster cluster = logical(17).start();
        ReplicationConnection connection = openLogical(cluster)) {
      cluster.sql("CREATE TABLE t (id int)", "CREATE PUBLICATION p FOR TABLE t");
      Lsn start = connection.createLogicalSlot(SLOT, false, false, LIMIT).consistentPoint();
      WalStream stream = connection.startLogical(SLOT, start, TEXT, 17);
      Thread stopping = Thread.startVirtualThread(cluster::stop);
      assertFails(
          ReplicationFailure.SERVER_ENDING,
          () -> {
            long end = System.nanoTime() + LIMIT.toNanos();
            while (System.nanoTime() < end) {
              if (stream.poll(Duration.ofMillis(50)) instanceof WalMessage.KeepAlive alive) {
                stream.sendStatus(alive.serverEnd(), alive.serverEnd(), alive.serverEnd(), false);
              }
            }
          });
      await().until(() -> !stopping.isAlive());
    }
  }

  @Test
  void aMissingPublicationAndALowWalLevelAreNotTakenForABadSlot() {
    try (TestCluster cluster = logical(17).start();
        ReplicationConnection connection = openLogical(cluster)) {
      cluster.sql("CREATE TABLE t (id int)");
      Lsn start = connection.createLogicalSlot(SLOT, true, false, LIMIT).consistentPoint();
      LogicalReading reading = new LogicalReading(connection.startLogical(SLOT, start, TEXT, 17));
      cluster.sql("INSERT INTO t VALUES (1)");
      assertFails(ReplicationFailure.PUBLICATION_MISSING, () -> reading.untilCommits(1));
    }
    try (TestCluster cluster = Clusters.builder(16).start();
        ReplicationConnection connection = openLogical(cluster)) {
      assertFails(
          ReplicationFailure.OTHER, () -> connection.createLogicalSlot(SLOT, true, false, LIMIT));
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {16, 18})
  void aStandbyDecodesOnceThePrimaryLogsWhatRuns(int major) throws InterruptedException {
    try (TestCluster primary = logical(major).start();
        TestCluster standby =
            TestCluster.standbyOf(primary)
                .setting("wal_level", "logical")
                .setting("hot_standby_feedback", "on")
                .start();
        ReplicationConnection connection = openLogical(standby)) {
      primary.sql("CREATE TABLE t (id int)", "CREATE PUBLICATION p FOR TABLE t");
      AtomicReference<@Nullable LogicalSlot> made = new AtomicReference<>();
      Thread creating =
          Thread.startVirtualThread(
              () -> made.set(connection.createLogicalSlot(SLOT, false, false, LIMIT)));
      await()
          .atMost(LIMIT)
          .until(
              () -> {
                primary.sql("SELECT pg_log_standby_snapshot()");
                return !creating.isAlive();
              });
      LogicalSlot slot = Objects.requireNonNull(made.get());
      try (PostgresSession session = PostgresSession.open(Clusters.endpoint(standby))) {
        assertThat(
                session.inSnapshot(
                    slot.snapshot().orElseThrow(), () -> session.value("SELECT count(*) FROM t")))
            .contains("0");
      }
      LogicalReading reading =
          new LogicalReading(connection.startLogical(SLOT, slot.consistentPoint(), TEXT, major));
      primary.sql("INSERT INTO t VALUES (42)");
      assertThat(id(only(LogicalMessage.Insert.class, reading.untilCommits(1)).getFirst()))
          .isEqualTo(42);
    }
  }

  private static TestClusterBuilder logical(int major) {
    return Clusters.builder(major).setting("wal_level", "logical");
  }

  private static ReplicationConnection openLogical(TestCluster cluster) {
    return ReplicationConnection.openLogical(Clusters.endpoint(cluster));
  }

  private static Lsn at(Optional<Lsn> position) {
    return position.orElse(Lsn.ZERO);
  }

  private static long id(LogicalMessage.Insert insert) {
    byte[] value = Objects.requireNonNull(insert.row().value(0));
    return Long.parseLong(new String(value, UTF_8));
  }
}
