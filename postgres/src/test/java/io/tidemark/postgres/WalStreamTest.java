package io.tidemark.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.InstanceOfAssertFactories.type;
import static org.awaitility.Awaitility.await;

import io.tidemark.config.ErrorCode;
import io.tidemark.testing.TestCluster;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class WalStreamTest {
  private static final Timeline ONE = new Timeline(1);
  private static final Duration SOON = Duration.ofMillis(200);
  private static final int REPORTS = 100;
  private static final SlotName SLOT = new SlotName("stream_test");

  @ParameterizedTest
  @MethodSource("io.tidemark.testing.PostgresBinaries#majors")
  void deliversTheBytesOfTheServersWalFiles(int major) throws IOException {
    try (TestCluster cluster = Clusters.builder(major).setting("wal_keep_size", "1GB").start();
        ReplicationConnection connection = ReplicationConnection.open(Clusters.endpoint(cluster))) {
      Lsn start = segmentStart(connection.identity().flushed());
      WalReading reading =
          new WalReading(connection.startPhysical(Optional.empty(), start, ONE), start);
      Clusters.writeWal(cluster, "t", 40);
      Lsn end = Lsn.parse(cluster.value("SELECT pg_current_wal_flush_lsn()"));
      byte[] streamed = reading.until(end).bytes();
      assertThat(streamed.length).isGreaterThan(40 << 20);
      byte[] files = walFiles(cluster.data(), ONE, start, streamed.length);
      assertThat(Arrays.mismatch(streamed, files)).isEqualTo(-1);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {15, 18})
  void reportsExactlyWhatWasSentAndNeverMore(int major) {
    try (TestCluster cluster = Clusters.builder(major).start();
        ReplicationConnection connection =
            ReplicationConnection.open(
                Clusters.endpoint(cluster).withApplicationName("exact-status"));
        PostgresSession session = PostgresSession.open(Clusters.endpoint(cluster))) {
      SlotPosition slot = connection.createPhysicalSlot(SLOT, true, false);
      Lsn start = segmentStart(slot.restart().orElseThrow());
      WalStream stream = connection.startPhysical(Optional.of(SLOT), start, ONE);
      WalReading reading = new WalReading(stream, start);
      Clusters.writeWal(cluster, "t", 3);
      Lsn end = session.currentWalLsn();
      reading.until(end);
      Lsn flushed = start.plus(123_456);
      stream.sendStatus(end, flushed, start, true);
      await()
          .untilAsserted(
              () -> {
                stream.poll(SOON);
                StandbyRow row = session.standbys().getFirst();
                assertThat(row.writeLsn()).contains(end);
                assertThat(row.flushLsn()).contains(flushed);
                assertThat(row.replayLsn()).contains(start);
                assertThat(row.applicationName()).isEqualTo("exact-status");
                assertThat(session.replicationSlots().getFirst().restartLsn()).contains(flushed);
              });
      Clusters.writeWal(cluster, "t", 1);
      reading.until(session.currentWalLsn());
      assertThat(session.standbys().getFirst().flushLsn()).contains(flushed);
      assertThat(session.replicationSlots().getFirst().restartLsn()).contains(flushed);
    }
  }

  @Test
  void staysAliveWhenIdleBeyondTheServersTimeout() {
    try (TestCluster cluster = Clusters.builder(18).setting("wal_sender_timeout", "1s").start();
        ReplicationConnection connection = ReplicationConnection.open(Clusters.endpoint(cluster))) {
      Lsn start = connection.identity().flushed();
      WalStream stream = connection.startPhysical(Optional.empty(), segmentStart(start), ONE);
      pollFor(stream, Duration.ofSeconds(4));
      assertThat(cluster.value("SELECT state FROM pg_stat_replication")).isEqualTo("streaming");
      assertThat(cluster.value("SELECT count(flush_lsn) FROM pg_stat_replication")).isEqualTo("0");
    }
  }

  @Test
  void asksASilentServerForASignOfLifeAndGivesUpAtTheLimit() throws IOException {
    try (TestCluster cluster = Clusters.builder(15).setting("wal_sender_timeout", "0").start();
        Proxy proxy = new Proxy(Clusters.hostPort(cluster));
        ReplicationConnection connection =
            ReplicationConnection.open(
                Clusters.endpoint(cluster)
                    .withHosts(List.of(proxy.address()), PostgresEndpoint.Target.ANY)
                    .withTimeouts(Duration.ofSeconds(5), Duration.ofSeconds(2)))) {
      Lsn start = segmentStart(connection.identity().flushed());
      WalStream stream = connection.startPhysical(Optional.empty(), start, ONE);
      pollFor(stream, Duration.ofSeconds(1));
      assertThat(stream.poll(Duration.ofMinutes(1)))
          .asInstanceOf(type(WalMessage.KeepAlive.class))
          .returns(false, WalMessage.KeepAlive::replyRequested);
      proxy.freeze();
      assertThatThrownBy(() -> pollFor(stream, Duration.ofSeconds(10)))
          .isInstanceOfSatisfying(
              PostgresException.class,
              e -> assertThat(e.code()).isEqualTo(ErrorCode.POSTGRES_UNREACHABLE))
          .hasMessageContaining("not a byte within");
      assertThat(connection.isClosed()).isTrue();
    }
  }

  @Test
  void aKilledServerEndsTheStreamAsUnreachable() {
    try (TestCluster cluster = Clusters.builder(18).start();
        ReplicationConnection connection = ReplicationConnection.open(Clusters.endpoint(cluster))) {
      Lsn start = segmentStart(connection.identity().flushed());
      WalStream stream = connection.startPhysical(Optional.empty(), start, ONE);
      assertThat(stream.poll(Duration.ofSeconds(5))).isNotNull();
      cluster.kill9();
      assertUnreachable(() -> pollFor(stream, Duration.ofSeconds(10)));
    }
  }

  @Test
  void aReportThatMeetsNobodyTellsWhatTheServerSaidBeforeItWent() {
    try (TestCluster cluster = Clusters.builder(15).start();
        ReplicationConnection connection = ReplicationConnection.open(Clusters.endpoint(cluster))) {
      Lsn start = connection.identity().flushed();
      WalStream stream = connection.startPhysical(Optional.empty(), start, ONE);
      Thread stopping = Thread.startVirtualThread(cluster::stop);
      assertThatThrownBy(
              () -> {
                while (true) {
                  if (stream.poll(SOON) instanceof WalMessage.WalData data) {
                    reportWithoutReading(stream, data.end());
                  }
                }
              })
          .isInstanceOfSatisfying(
              ReplicationException.class,
              e -> assertThat(e.failure()).isEqualTo(ReplicationFailure.SERVER_ENDING))
          .satisfies(
              e ->
                  assertThat(e.getStackTrace())
                      .anyMatch(frame -> frame.getMethodName().equals("reportWithoutReading")));
      await().until(() -> !stopping.isAlive());
    }
  }

  /** As long as the server takes to go once all is reported. */
  private static void reportWithoutReading(WalStream stream, Lsn end) {
    for (int i = 0; i < REPORTS; i++) {
      stream.sendStatus(end, end, end, false);
      LockSupport.parkNanos(5_000_000);
    }
  }

  @Test
  void aShutdownEndsTheStreamAsUnreachable() {
    try (TestCluster cluster = Clusters.builder(15).start();
        ReplicationConnection connection = ReplicationConnection.open(Clusters.endpoint(cluster))) {
      Lsn start = segmentStart(connection.identity().flushed());
      WalStream stream = connection.startPhysical(Optional.empty(), start, ONE);
      Thread stopping = Thread.startVirtualThread(cluster::stop);
      assertThatThrownBy(
              () -> {
                WalReading reading = new WalReading(stream, start);
                while (true) {
                  WalMessage message = stream.poll(SOON);
                  if (message instanceof WalMessage.WalData data) {
                    stream.sendStatus(data.end(), data.end(), data.end(), false);
                  }
                  assertThat(reading.start()).isEqualTo(start);
                }
              })
          .isInstanceOfSatisfying(
              ReplicationException.class,
              e -> assertThat(e.failure()).isEqualTo(ReplicationFailure.SERVER_ENDING));
      await().until(() -> !stopping.isAlive());
    }
  }

  @Test
  // Closing in the middle is what is tested.
  @SuppressWarnings("try")
  void anotherThreadEndsAWaitByClosing() {
    try (TestCluster cluster = Clusters.builder(18).start();
        ReplicationConnection connection = ReplicationConnection.open(Clusters.endpoint(cluster))) {
      Lsn start = segmentStart(connection.identity().flushed());
      WalStream stream = connection.startPhysical(Optional.empty(), start, ONE);
      AtomicBoolean failed = new AtomicBoolean();
      Thread reader =
          Thread.startVirtualThread(
              () -> {
                try {
                  pollFor(stream, Duration.ofSeconds(20));
                } catch (PostgresException e) {
                  failed.set(true);
                }
              });
      await().until(() -> cluster.value("SELECT count(*) FROM pg_stat_replication").equals("1"));
      connection.close();
      await().until(() -> !reader.isAlive());
      assertThat(failed).isTrue();
      assertThat(cluster.log()).doesNotContain("unexpected EOF");
    }
  }

  @Test
  void removedWalIsToldApart() {
    try (TestCluster cluster =
            Clusters.builder(18)
                .setting("max_wal_size", "32MB")
                .setting("min_wal_size", "32MB")
                .start();
        ReplicationConnection connection = ReplicationConnection.open(Clusters.endpoint(cluster))) {
      Lsn start = segmentStart(connection.identity().flushed());
      for (int i = 0; i < 4; i++) {
        Clusters.writeWal(cluster, "t", 1);
        cluster.sql("SELECT pg_switch_wal()", "CHECKPOINT");
      }
      WalStream stream = connection.startPhysical(Optional.empty(), start, ONE);
      assertThatThrownBy(() -> pollFor(stream, Duration.ofSeconds(10)))
          .isInstanceOfSatisfying(
              ReplicationException.class,
              e -> {
                assertThat(e.failure()).isEqualTo(ReplicationFailure.WAL_REMOVED);
                assertThat(e.code()).isEqualTo(ErrorCode.SLOT_UNUSABLE);
              });
      assertThat(connection.identifySystem().timeline()).isEqualTo(ONE);
    }
  }

  @Test
  void aSynchronousCommitWaitsForTheReportedFlush() {
    try (TestCluster cluster =
            Clusters.builder(15).setting("synchronous_standby_names", "tidemark_sync").start();
        ReplicationConnection connection =
            ReplicationConnection.open(
                Clusters.endpoint(cluster).withApplicationName("tidemark_sync"))) {
      Lsn start = segmentStart(connection.identity().flushed());
      WalStream stream = connection.startPhysical(Optional.empty(), start, ONE);
      stream.sendStatus(start, start, start, false);
      WalReading reading = new WalReading(stream, start);
      Thread commit = Thread.startVirtualThread(() -> cluster.sql("CREATE TABLE waits ()"));
      await()
          .until(
              () ->
                  cluster
                      .value("SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'SyncRep'")
                      .equals("1"));
      Lsn end = Lsn.parse(cluster.value("SELECT pg_current_wal_flush_lsn()"));
      reading.until(end);
      stream.sendStatus(end, start, start, false);
      pollFor(stream, SOON);
      assertThat(commit.isAlive()).isTrue();
      stream.sendStatus(end, end, start, false);
      await().until(() -> !commit.isAlive());
      assertThat(cluster.value("SELECT sync_state FROM pg_stat_replication")).isEqualTo("sync");
    }
  }

  private static void assertUnreachable(
      org.assertj.core.api.ThrowableAssert.ThrowingCallable call) {
    assertThatThrownBy(call)
        .isInstanceOfSatisfying(
            PostgresException.class,
            e -> assertThat(e.code()).isEqualTo(ErrorCode.POSTGRES_UNREACHABLE));
  }

  private static void pollFor(WalStream stream, Duration duration) {
    long deadline = System.nanoTime() + duration.toNanos();
    while (System.nanoTime() < deadline) {
      stream.poll(SOON);
    }
  }

  private static Lsn segmentStart(Lsn lsn) {
    return WalSegment.containing(ONE, lsn, WalSegmentSize.DEFAULT).start();
  }

  private static byte[] walFiles(Path data, Timeline timeline, Lsn start, int length)
      throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    WalSegment segment = WalSegment.containing(timeline, start, WalSegmentSize.DEFAULT);
    while (bytes.size() < length) {
      bytes.write(Files.readAllBytes(data.resolve("pg_wal").resolve(segment.name())));
      segment = segment.next();
    }
    return Arrays.copyOf(bytes.toByteArray(), length);
  }
}
