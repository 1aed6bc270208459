package io.tidemark.walarchiver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.tidemark.postgres.Lsn;
import io.tidemark.postgres.Timeline;
import io.tidemark.postgres.WalSegment;
import io.tidemark.postgres.WalSegmentSize;
import io.tidemark.repository.SegmentContent;
import io.tidemark.repository.WalInventory.TimelineInventory;
import io.tidemark.store.S3Store;
import io.tidemark.testing.EmbeddedS3;
import io.tidemark.testing.LogWatch;
import io.tidemark.testing.NeedsTool;
import io.tidemark.testing.OsUser;
import io.tidemark.testing.PostgresBinaries;
import io.tidemark.testing.TcpProxy;
import io.tidemark.testing.TemporaryDirectory;
import io.tidemark.testing.TestCluster;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class WalArchiverTest {
  private static final Timeline ONE = new Timeline(1);

  @RegisterExtension final LogWatch log = new LogWatch();

  @TempDir Path spool;

  @ParameterizedTest
  @ValueSource(ints = {15, 16, 17, 18})
  void archivesEveryByteAndGoesOnInTheMiddleOfASegment(int major) throws IOException {
    try (TestCluster cluster = Archiving.cluster(major).start();
        Archiving archiving = new Archiving(cluster, spool).start()) {
      archiving.awaitDurable(Archiving.write(cluster, 3));
      Lsn first = archiving.events(ArchiverEvent.Streaming.class).getFirst().from();
      cluster.sql("INSERT INTO filler (text) VALUES ('one more commit')");
      archiving.awaitDurable(Archiving.flushed(cluster));
      assertThat(archiving.status().lastCommit()).isPresent();
      assertThat(archiving.status().tailsPut()).isPositive();

      archiving.stop(Duration.ZERO);
      Lsn offline = Archiving.write(cluster, 2);
      archiving.start();
      archiving.awaitDurable(offline);
      cluster.sql("SELECT pg_create_restore_point('here')", "SELECT pg_switch_wal()");
      Lsn end = Archiving.write(cluster, 1);
      archiving.awaitDurable(end);
      archiving.stop(Duration.ofSeconds(10));

      archiving.assertSameAs(cluster, ONE, first, end);
      archiving.assertTruthful();
      TimelineInventory archived = archiving.reader.wal().inventory().of(ONE).orElseThrow();
      assertThat(archived.gaps()).isEmpty();
      assertThat(archived.stretches()).hasSize(1);
      assertThat(archived.frontier().orElseThrow()).isGreaterThanOrEqualTo(end);
      assertSlotHolds(cluster, end);
    }
  }

  @Test
  void archivesIntoS3AndGoesOnAfterTheServerWasAway() throws IOException {
    // The auditor reads over the same network.
    log.allow("could not be put|lease|archiving interrupted");
    try (EmbeddedS3 s3 = EmbeddedS3.start();
        TcpProxy network = TcpProxy.to(s3.port());
        S3Store store =
            S3Store.open(
                ArchiverProcess.s3(
                    "http://127.0.0.1:" + network.port(),
                    s3.region(),
                    s3.accessKey(),
                    s3.secretKey(),
                    s3.bucket("archive")));
        TestCluster cluster = Archiving.cluster(18).start();
        Archiving archiving = new Archiving(cluster, spool, store).start()) {
      Lsn first = archiving.awaitEvent(ArchiverEvent.Streaming.class).from();
      archiving.awaitDurable(Archiving.write(cluster, 3));
      network.down();
      Lsn missed = Archiving.write(cluster, 3);
      // Whichever is under way when the network breaks: a put, or a look at the archive.
      archiving.awaitEither(ArchiverEvent.PutFailed.class, ArchiverEvent.Disconnected.class);
      assertThat(archiving.status().durable()).isLessThan(missed);
      network.pass();
      archiving.awaitDurable(missed);
      archiving.assertSameAs(cluster, ONE, first, missed);
      archiving.assertTruthful();
      archiving.stop(Duration.ofSeconds(10));
    }
  }

  @Test
  @NeedsTool("pg_receivewal")
  void archivesWhatPgReceivewalWritesBesideIt() throws IOException {
    PostgresBinaries binaries = PostgresBinaries.debian(15).orElseThrow();
    try (TestCluster cluster = Archiving.cluster(binaries).start();
        TemporaryDirectory received = TemporaryDirectory.create("tidemark-receivewal-");
        Archiving archiving = new Archiving(cluster, spool).start()) {
      archiving.awaitEvent(ArchiverEvent.Streaming.class);
      OsUser.letIn(received.path());
      OsUser.own(received.path());
      cluster.sql("SELECT pg_create_physical_replication_slot('peer', true)");
      Lsn end = Archiving.write(cluster, 5);
      Archiving.write(cluster, 1);
      String server = "host=%s port=%d user=postgres".formatted(cluster.host(), cluster.port());
      binaries.run(
          "pg_receivewal",
          "--dbname=" + server,
          "--slot=peer",
          "--status-interval=1",
          "--endpos=" + end,
          "--directory=" + received.path());
      archiving.awaitDurable(end);

      List<Path> complete = complete(received.path());
      assertThat(complete).hasSizeGreaterThanOrEqualTo(4);
      for (Path file : complete) {
        WalSegmentSize size = archiving.repository.identity().walSegmentSize();
        WalSegment segment = WalSegment.parse(file.getFileName().toString(), size);
        assertThat(archiving.reader.wal().read(segment))
            .isEqualTo(new SegmentContent.Whole(ByteBuffer.wrap(Files.readAllBytes(file))));
      }
    }
  }

  private static List<Path> complete(Path directory) throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      return files.filter(f -> WalSegment.isName(f.getFileName().toString())).toList();
    }
  }

  private static void assertSlotHolds(TestCluster cluster, Lsn end) {
    await()
        .atMost(Archiving.LIMIT)
        .untilAsserted(
            () ->
                assertThat(Lsn.parse(cluster.value("SELECT restart_lsn FROM pg_replication_slots")))
                    .isGreaterThanOrEqualTo(end));
  }
}
