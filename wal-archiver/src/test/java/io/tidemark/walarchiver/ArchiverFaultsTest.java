package io.tidemark.walarchiver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.tidemark.config.ErrorCode;
import io.tidemark.config.TidemarkException;
import io.tidemark.postgres.Lsn;
import io.tidemark.postgres.Timeline;
import io.tidemark.postgres.WalSegment;
import io.tidemark.repository.WalSummary;
import io.tidemark.store.FaultyStore;
import io.tidemark.store.FaultyStore.Call;
import io.tidemark.store.StoreException.Kind;
import io.tidemark.store.StoreFault;
import io.tidemark.store.StoreObserver.Operation;
import io.tidemark.testing.LogWatch;
import io.tidemark.testing.TcpProxy;
import io.tidemark.testing.TestCluster;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

class ArchiverFaultsTest {
  private static final Timeline ONE = new Timeline(1);
  private static final Predicate<Call> WAL_PUT =
      FaultyStore.operation(Operation.PUT).and(FaultyStore.keyContains("/wal/"));

  @RegisterExtension final LogWatch log = new LogWatch();

  @TempDir Path spool;

  @Test
  void neverAcknowledgesAheadOfAStoreThatFailsInEveryWay() throws Exception {
    log.allow("could not be put|archiving interrupted");
    long seed = System.nanoTime();
    System.out.println("seed " + seed);
    try (TestCluster cluster = Archiving.cluster(17).start();
        Archiving archiving = new Archiving(cluster, spool).start()) {
      Lsn first = archiving.awaitEvent(ArchiverEvent.Streaming.class).from();
      archiving.store.randomly(
          seed,
          0.25,
          WAL_PUT,
          new StoreFault.Fail(Kind.UNAVAILABLE),
          new StoreFault.LoseAnswer(Kind.UNAVAILABLE),
          new StoreFault.Late(Duration.ofMillis(300)),
          new StoreFault.Hang(Duration.ofMillis(300)),
          new StoreFault.Fail(Kind.NO_SPACE));
      archiving.store.randomly(
          seed + 1,
          0.2,
          FaultyStore.operation(Operation.GET).and(FaultyStore.keyContains("/wal/")),
          new StoreFault.Corrupt(5000),
          new StoreFault.BreakOff(5000));
      Lsn end = Lsn.ZERO;
      for (int i = 0; i < 6; i++) {
        end = Archiving.write(cluster, 2);
        if (i == 3) {
          archiving.stop(Duration.ZERO);
          archiving.start();
        }
      }
      archiving.awaitDurable(end);
      assertThat(archiving.store.spoiled()).isPositive();
      archiving.assertSameAs(cluster, ONE, first, end);
      archiving.assertTruthful();
    }
  }

  @Test
  void holdsNoMoreThanItsBufferWhileTheStoreHangsAndKeepsTheConnection() throws Exception {
    log.allow("could not be put|lease");
    try (TestCluster cluster =
            Archiving.cluster(16).setting("wal_sender_timeout", "1500ms").start();
        Archiving archiving = new Archiving(cluster, spool).start()) {
      Lsn first = archiving.awaitEvent(ArchiverEvent.Streaming.class).from();
      archiving.awaitDurable(Archiving.write(cluster, 1));
      Lsn durable = archiving.status().durable();
      archiving.store.always(WAL_PUT, new StoreFault.Hang(Duration.ofMinutes(5)));
      Lsn end = Archiving.write(cluster, 30);
      await()
          .atMost(Archiving.LIMIT)
          .until(() -> archiving.status().state() == ArchiverStatus.State.STALLED);
      String sender = walSender(cluster);
      await()
          .during(Duration.ofSeconds(4))
          .atMost(Duration.ofSeconds(6))
          .until(() -> walSender(cluster).equals(sender));
      ArchiverStatus status = archiving.status();
      assertThat(status.queuedBytes()).isLessThanOrEqualTo(16 << 20);
      assertThat(status.received().minus(durable)).isLessThanOrEqualTo(17 << 20);
      assertThat(status.reconnects()).isZero();
      assertThat(reportedFlush(cluster)).isLessThan(end);

      archiving.store.clear();
      archiving.awaitDurable(end);
      archiving.assertSameAs(cluster, ONE, first, end);
      archiving.assertTruthful();
    }
  }

  @Test
  void comesBackAfterEveryKindOfInterruption() throws Exception {
    log.allow("archiving interrupted");
    try (TestCluster cluster = Archiving.cluster(18).start();
        TcpProxy proxy = TcpProxy.to(cluster.port());
        Archiving archiving =
            new Archiving(cluster, spool).to(Archiving.endpoint(proxy.port())).start()) {
      Lsn first = archiving.awaitEvent(ArchiverEvent.Streaming.class).from();
      archiving.awaitDurable(Archiving.write(cluster, 2));

      cluster.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_replication");
      archiving.awaitDurable(Archiving.write(cluster, 2));

      proxy.cut();
      archiving.awaitDurable(Archiving.write(cluster, 2));

      proxy.down();
      Lsn missed = Archiving.write(cluster, 2);
      proxy.pass();
      archiving.awaitDurable(missed);

      cluster.kill9();
      cluster.start();
      Lsn end = Archiving.write(cluster, 2);
      archiving.awaitDurable(end);
      assertThat(archiving.status().reconnects()).isGreaterThanOrEqualTo(4);
      archiving.assertSameAs(cluster, ONE, first, end);
      archiving.assertTruthful();
    }
  }

  @Test
  void endsWhereTheArchiveHoldsSomethingElseUnderTheSameName() throws Exception {
    log.allow("archiving interrupted");
    try (TestCluster cluster = Archiving.cluster(15).start();
        Archiving archiving = new Archiving(cluster, spool).start()) {
      Lsn from = archiving.awaitEvent(ArchiverEvent.Streaming.class).from();
      archiving.stop(Duration.ofSeconds(5));
      WalSegment next =
          WalSegment.containing(ONE, from, archiving.repository.identity().walSegmentSize())
              .next()
              .next();
      Archiving.write(cluster, 4);
      byte[] other = Files.readAllBytes(cluster.data().resolve("pg_wal").resolve(next.name()));
      other[other.length - 5000] ^= 1;
      archiving.reader.wal().putSegment(next, ByteBuffer.wrap(other), WalSummary.EMPTY);
      archiving.start();
      assertThat(archiving.awaitDeath())
          .isInstanceOfSatisfying(
              TidemarkException.class,
              e -> assertThat(e.code()).isEqualTo(ErrorCode.CONTENT_CONFLICT));
      // Tails of what both have in common are no lie.
      assertThat(reportedRestart(cluster))
          .isLessThanOrEqualTo(next.start().plus(other.length - 5000));
    }
  }

  @Test
  void aSynchronousCommitReturnsWhenItIsInTheRepository() throws Exception {
    try (TestCluster cluster = Archiving.cluster(17).start();
        Archiving archiving = new Archiving(cluster, spool).start()) {
      archiving.awaitDurable(Archiving.write(cluster, 1));
      cluster.configure(Map.of("synchronous_standby_names", "tidemark_c"));
      cluster.reload();
      await()
          .atMost(Archiving.LIMIT)
          .until(() -> cluster.value("SELECT sync_state FROM pg_stat_replication").equals("sync"));
      try (var connection = cluster.connect();
          var statement = connection.createStatement()) {
        for (int i = 0; i < 10; i++) {
          statement.execute("BEGIN");
          statement.execute("INSERT INTO filler (text) VALUES ('synchronous')");
          Lsn before;
          try (var result = statement.executeQuery("SELECT pg_current_wal_insert_lsn()")) {
            result.next();
            before = Lsn.parse(result.getString(1));
          }
          statement.execute("COMMIT");
          assertThat(archiving.frontier(ONE)).isGreaterThan(before);
        }
      }
      cluster.configure(Map.of("synchronous_standby_names", ""));
      cluster.reload();
      archiving.assertTruthful();
    }
  }

  @Test
  void comesBackAfterANetworkThatPassesNothingAndSaysNothing() throws Exception {
    log.allow("archiving interrupted");
    try (TestCluster cluster = Archiving.cluster(17).start();
        TcpProxy proxy = TcpProxy.to(cluster.port());
        Archiving archiving = new Archiving(cluster, spool)) {
      archiving
          .to(
              Archiving.endpoint(proxy.port())
                  .withTimeouts(Duration.ofSeconds(1), Duration.ofSeconds(2)))
          .start();
      Lsn first = archiving.awaitEvent(ArchiverEvent.Streaming.class).from();
      archiving.awaitDurable(Archiving.write(cluster, 2));

      proxy.stall();
      Lsn missed = Archiving.write(cluster, 2);
      archiving.awaitEvent(ArchiverEvent.Disconnected.class);
      assertThat(archiving.status().durable()).isLessThan(missed);
      proxy.pass();
      archiving.awaitDurable(missed);
      archiving.assertSameAs(cluster, ONE, first, missed);
      archiving.assertTruthful();
    }
  }

  @Test
  void doesAtItsStartWhatAKilledOneLeftUndone() throws Exception {
    try (TestCluster cluster = Archiving.cluster(18).start();
        Archiving archiving = new Archiving(cluster, spool).start()) {
      Lsn first = archiving.awaitEvent(ArchiverEvent.Streaming.class).from();
      archiving.awaitDurable(Archiving.write(cluster, 4));
      archiving.stop(Duration.ofSeconds(10));
      WalSegment whole =
          WalSegment.containing(ONE, first, archiving.repository.identity().walSegmentSize());
      byte[] start = Files.readAllBytes(cluster.data().resolve("pg_wal").resolve(whole.name()));
      archiving
          .reader
          .wal()
          .putTail(whole, whole.start(), ByteBuffer.wrap(start, 0, 8192), WalSummary.EMPTY);
      String tails = "c/wal/00000001/00000000/" + whole.name() + ".tail/";
      assertThat(archiving.store.list(tails)).hasSize(1);
      int before = archiving.store.calls().size();
      archiving.start();
      await().atMost(Archiving.LIMIT).until(() -> archiving.store.list(tails).count() == 0);
      await()
          .atMost(Archiving.LIMIT)
          .until(
              () ->
                  archiving.store.calls().stream()
                      .skip(before)
                      .anyMatch(call -> call.key().endsWith("/wal/00000001/index/00000000")));
    }
  }

  private static String walSender(TestCluster cluster) {
    return cluster.value("SELECT coalesce(max(pid), 0) FROM pg_stat_replication");
  }

  private static Lsn reportedFlush(TestCluster cluster) {
    return Lsn.parse(cluster.value("SELECT flush_lsn FROM pg_stat_replication"));
  }

  private static Lsn reportedRestart(TestCluster cluster) {
    return Lsn.parse(cluster.value("SELECT restart_lsn FROM pg_replication_slots"));
  }
}
