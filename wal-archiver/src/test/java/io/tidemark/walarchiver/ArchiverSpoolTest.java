package io.tidemark.walarchiver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.tidemark.config.ArchiveSettings.Ack;
import io.tidemark.config.ArchiveSettings.WalRemoved;
import io.tidemark.config.ErrorCode;
import io.tidemark.postgres.Lsn;
import io.tidemark.postgres.Timeline;
import io.tidemark.postgres.WalSegment;
import io.tidemark.store.FaultyStore;
import io.tidemark.store.FaultyStore.Call;
import io.tidemark.store.StoreException.Kind;
import io.tidemark.store.StoreFault;
import io.tidemark.store.StoreObserver.Operation;
import io.tidemark.testing.LogWatch;
import io.tidemark.testing.TestCluster;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** With {@code ack: local}: what is fsynced in the spool is acknowledged. */
class ArchiverSpoolTest {
  private static final Timeline ONE = new Timeline(1);
  private static final Predicate<Call> WAL_PUT =
      FaultyStore.operation(Operation.PUT).and(FaultyStore.keyContains("/wal/"));

  @RegisterExtension final LogWatch log = new LogWatch();

  @TempDir Path spool;

  private Archiving archiving(TestCluster cluster) {
    return new Archiving(cluster, spool)
        .with(Archiving.settings(Ack.LOCAL, WalRemoved.GAP))
        .start();
  }

  @Test
  void takesMoreThanTheBufferDuringAnOutageUpToItsLimitAndThenAcknowledgesNothingMore()
      throws Exception {
    log.allow("could not be put|lease|archiving interrupted");
    log.expect("as many as archive.spool-limit allows");
    try (TestCluster cluster = Archiving.cluster(17).start();
        Archiving archiving = archiving(cluster)) {
      Lsn first = archiving.awaitEvent(ArchiverEvent.Streaming.class).from();
      archiving.store.always(WAL_PUT, new StoreFault.Hang(Duration.ofMinutes(5)));
      Lsn fits = Archiving.write(cluster, 30);
      archiving.awaitDurable(fits);
      awaitFlushReported(cluster, fits);
      assertThat(archiving.events(ArchiverEvent.SpoolFailed.class)).isEmpty();
      assertThat(archiving.status().queuedBytes()).isLessThanOrEqualTo(16 << 20);

      Lsn end = Archiving.write(cluster, 70);
      assertThat(archiving.awaitEvent(ArchiverEvent.SpoolFailed.class).reason().code())
          .isEqualTo(ErrorCode.NO_SPACE);
      await()
          .atMost(Archiving.LIMIT)
          .until(() -> archiving.status().state() == ArchiverStatus.State.STALLED);
      assertThat(archiving.status().durable()).isLessThan(end);
      assertThat(archiving.status().durable().minus(first)).isBetween(63L << 20, 64L << 20);
      assertThat(reportedFlush(cluster)).isLessThanOrEqualTo(archiving.status().durable());
      assertThat(archiving.status().queuedBytes()).isLessThanOrEqualTo(16 << 20);
      assertThat(spooledBytes()).isLessThanOrEqualTo(64 << 20);

      archiving.store.clear();
      archiving.awaitDurable(end);
      archiving.awaitEvent(ArchiverEvent.SpoolRecovered.class);
      archiving.awaitArchived(ONE, end);
      assertThat(archiving.status().reconnects()).isZero();
      archiving.assertSameAs(cluster, ONE, first, end);
      archiving.stop(Duration.ofSeconds(10));
      assertThat(spooledBytes()).isLessThanOrEqualTo(1 << 20);
    }
  }

  @Test
  void goesOnIntoTheSpoolAfterBrokenConnectionsWhileNothingOfTheStoreAnswers() throws Exception {
    log.allow("could not be put|archiving interrupted|lease|not tidied");
    try (TestCluster cluster = Archiving.cluster(18).start();
        Archiving archiving = archiving(cluster)) {
      Lsn first = archiving.awaitEvent(ArchiverEvent.Streaming.class).from();
      archiving.awaitDurable(Archiving.write(cluster, 2));
      await()
          .atMost(Archiving.LIMIT)
          .until(() -> archiving.frontier(ONE).isAtLeast(archiving.status().durable()));
      archiving.store.always(FaultyStore.any(), new StoreFault.Fail(Kind.UNAVAILABLE));
      Lsn end = archiving.status().durable();
      for (int i = 1; i <= 3; i++) {
        int before = i;
        cluster.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_replication");
        await()
            .atMost(Archiving.LIMIT)
            .until(() -> archiving.events(ArchiverEvent.Streaming.class).size() > before);
        end = Archiving.write(cluster, 2);
        archiving.awaitDurable(end);
        awaitFlushReported(cluster, end);
      }
      assertThat(archiving.frontier(ONE)).isLessThan(end);

      archiving.store.clear();
      archiving.awaitArchived(ONE, end);
      assertThat(archiving.events(ArchiverEvent.GapRecorded.class)).isEmpty();
      archiving.assertSameAs(cluster, ONE, first, end);
    }
  }

  @Test
  void whatTheSpoolHoldsIsAcknowledgedAndReachesTheRepositoryAfterARestart() throws Exception {
    log.allow("could not be put|lease");
    try (TestCluster cluster = Archiving.cluster(17).start();
        Archiving archiving = archiving(cluster)) {
      Lsn first = archiving.awaitEvent(ArchiverEvent.Streaming.class).from();
      archiving.store.always(WAL_PUT, new StoreFault.Hang(Duration.ofMinutes(5)));
      Lsn end = Archiving.write(cluster, 3);
      archiving.awaitDurable(end);
      await()
          .atMost(Archiving.LIMIT)
          .untilAsserted(() -> assertThat(reportedFlush(cluster)).isGreaterThanOrEqualTo(end));
      assertThat(archiving.frontier(ONE)).isLessThan(end);
      archiving.stop(Duration.ZERO);

      archiving.store.clear();
      // Nothing of the server is needed for what was acknowledged.
      cluster.stop();
      log.allow("archiving interrupted");
      archiving.start();
      await()
          .atMost(Archiving.LIMIT)
          .until(() -> archiving.events(ArchiverEvent.Disconnected.class).size() > 0);
      archiving.assertSameAs(cluster, ONE, first, end);
      try (var files = Files.list(spool)) {
        assertThat(files).isEmpty();
      }
    }
  }

  @Test
  void whatOnlyTheSpoolHoldsIsNoGapAfterABrokenConnection() throws Exception {
    log.allow("could not be put|archiving interrupted|lease");
    try (TestCluster cluster =
            Archiving.cluster(16)
                .setting("wal_keep_size", "0")
                .setting("max_wal_size", "2MB")
                .setting("min_wal_size", "2MB")
                .start();
        Archiving archiving = archiving(cluster)) {
      archiving.awaitEvent(ArchiverEvent.Streaming.class);
      archiving.store.always(WAL_PUT, new StoreFault.Hang(Duration.ofMinutes(5)));
      Lsn spooled = Archiving.write(cluster, 5);
      archiving.awaitDurable(spooled);
      Path oldest = oldestSegment(cluster);
      await()
          .atMost(Archiving.LIMIT)
          .until(
              () -> {
                cluster.sql("CHECKPOINT");
                return !Files.exists(oldest);
              });
      cluster.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_replication");
      archiving.awaitEvent(ArchiverEvent.Disconnected.class);
      archiving.store.clear();
      Lsn end = Archiving.write(cluster, 1);
      archiving.awaitArchived(ONE, end);
      assertThat(archiving.events(ArchiverEvent.GapRecorded.class)).isEmpty();
    }
  }

  private static Path oldestSegment(TestCluster cluster) throws IOException {
    try (var files = Files.list(cluster.data().resolve("pg_wal"))) {
      return files
          .filter(file -> WalSegment.isName(file.getFileName().toString()))
          .sorted()
          .findFirst()
          .orElseThrow();
    }
  }

  @Test
  void aFullSpoolIsLoudAndOnlyTheRepositoryCountsMeanwhile() throws Exception {
    log.expect("the spool cannot be used.*No space left");
    try (TestCluster cluster = Archiving.cluster(17).start();
        Archiving archiving =
            new Archiving(cluster, spool).with(Archiving.settings(Ack.LOCAL, WalRemoved.GAP))) {
      archiving.start();
      Lsn first = archiving.awaitEvent(ArchiverEvent.Streaming.class).from();
      WalSegment segment =
          WalSegment.containing(
              ONE,
              Archiving.write(cluster, 1).plus(1 << 20),
              archiving.repository.identity().walSegmentSize());
      for (int i = 0; i < 2; i++) {
        Files.createSymbolicLink(spool.resolve(segment.name()), Path.of("/dev/full"));
        segment = segment.next();
      }
      Lsn end = Archiving.write(cluster, 6);
      archiving.awaitDurable(end);
      assertThat(archiving.awaitEvent(ArchiverEvent.SpoolFailed.class).reason().code())
          .isEqualTo(ErrorCode.NO_SPACE);
      archiving.awaitEvent(ArchiverEvent.SpoolRecovered.class);
      archiving.stop(Duration.ofSeconds(10));
      archiving.assertSameAs(cluster, ONE, first, end);
    }
  }

  private static void awaitFlushReported(TestCluster cluster, Lsn lsn) {
    await()
        .atMost(Archiving.LIMIT)
        .untilAsserted(() -> assertThat(reportedFlush(cluster)).isGreaterThanOrEqualTo(lsn));
  }

  private static Lsn reportedFlush(TestCluster cluster) {
    return Lsn.parse(cluster.value("SELECT flush_lsn FROM pg_stat_replication"));
  }

  private long spooledBytes() throws IOException {
    try (var files = Files.list(spool)) {
      return files.mapToLong(file -> file.toFile().length()).sum();
    }
  }
}
