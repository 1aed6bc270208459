package io.tidemark.daemon;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.tidemark.postgres.Lsn;
import io.tidemark.testing.PostgresBinaries;
import io.tidemark.testing.TestCluster;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** docs/OPERATIONS.md promises what a daemon that archives holds at most. */
@Timeout(120)
class ArchiverMemoryTest {
  private static final long LIMIT_BYTES = 256L << 20;
  private static final Duration LONG = Duration.ofMinutes(1);

  @Test
  void staysWithinItsMemoryWhileTheStoreIsSlowerThanWalThatDoesNotCompress(@TempDir Path directory)
      throws Exception {
    try (TestCluster cluster =
            TestCluster.builder(PostgresBinaries.of(17))
                .fsync(false)
                .setting("max_wal_size", "2GB")
                .setting("autovacuum", "off")
                .start();
        DaemonSite site =
            new DaemonSite()
                .with("main", cluster, "archive: {slot: only}\nbackup: {schedule: none}\n")) {
      Path configuration = site.file("run");
      String fast = "path: " + site.repository() + "}";
      String slow = fast.replace("}", ", bandwidth-limit: 24MiB/s}");
      Files.writeString(configuration, Files.readString(configuration).replace(fast, slow));
      // Longer than a frame: no piece of WAL repeats another that is compressed with it.
      cluster.sql(
          "CREATE TABLE noise (bytes bytea)",
          "ALTER TABLE noise ALTER bytes SET STORAGE EXTERNAL",
          "INSERT INTO noise SELECT string_agg(uuid_send(gen_random_uuid()), '')"
              + " FROM generate_series(1, 100000)");
      try (Program daemon = Program.start(configuration, directory.resolve("log"), "daemon")) {
        daemon.awaitLog("main: streaming timeline 1");
        cluster.sql("INSERT INTO noise SELECT bytes FROM noise, generate_series(1, 110)");
        Lsn written = Lsn.parse(cluster.value("SELECT pg_current_wal_lsn()"));

        await()
            .atMost(LONG)
            .untilAsserted(
                () ->
                    assertThat(DaemonSite.confirmed(cluster, "only"))
                        .isGreaterThanOrEqualTo(written));
        assertThat(daemon.peakBytes()).as(daemon.log()).isLessThan(LIMIT_BYTES);
      }
    }
  }
}
