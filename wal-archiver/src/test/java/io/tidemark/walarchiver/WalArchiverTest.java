package io.tidemark.walarchiver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.tidemark.postgres.Lsn;
import io.tidemark.postgres.Timeline;
import io.tidemark.repository.WalInventory.TimelineInventory;
import io.tidemark.testing.LogWatch;
import io.tidemark.testing.TestCluster;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
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

  private static void assertSlotHolds(TestCluster cluster, Lsn end) {
    await()
        .atMost(Archiving.LIMIT)
        .untilAsserted(
            () ->
                assertThat(Lsn.parse(cluster.value("SELECT restart_lsn FROM pg_replication_slots")))
                    .isGreaterThanOrEqualTo(end));
  }
}
