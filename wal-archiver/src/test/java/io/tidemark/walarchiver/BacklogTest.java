package io.tidemark.walarchiver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.tidemark.config.ArchiveSettings.Ack;
import io.tidemark.config.ArchiveSettings.WalRemoved;
import io.tidemark.postgres.Lsn;
import io.tidemark.postgres.Timeline;
import io.tidemark.store.PosixSettings;
import io.tidemark.store.PosixStore;
import io.tidemark.testing.PostgresBinaries;
import io.tidemark.testing.TestCluster;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BacklogTest {
  private static final int MEGABYTES = Integer.getInteger("tidemark.backlog.megabytes", 200);

  @TempDir Path directory;

  /** Prints the rate; bench/ measures it beside other programs. */
  @Test
  void drainsABacklogOfWholeSegments() throws Exception {
    try (TestCluster cluster =
            TestCluster.builder(PostgresBinaries.of(17))
                .fsync(false)
                .setting("wal_keep_size", "4GB")
                .setting("max_wal_size", "8GB")
                .start();
        PosixStore store = PosixStore.create(PosixSettings.of(directory.resolve("repository")));
        Archiving archiving = new Archiving(cluster, directory.resolve("spool"), store)) {
      archiving.with(Archiving.settings(Ack.REPOSITORY, WalRemoved.GAP, 64 << 20)).start();
      Lsn begin = Archiving.write(cluster, 1);
      archiving.awaitDurable(begin);
      archiving.stop(Duration.ofSeconds(5));
      Lsn end = Archiving.write(cluster, MEGABYTES);

      long cpuBefore = cpuNanos();
      long before = System.nanoTime();
      archiving.start();
      await()
          .atMost(Duration.ofMinutes(2))
          .pollInterval(Duration.ofMillis(5))
          .until(() -> archiving.status().durable().isAtLeast(end));
      double seconds = (System.nanoTime() - before) / 1e9;
      double megabytes = end.minus(begin) / 1e6;
      System.out.printf(
          "archived %.0f MB in %.2f s: %.0f MB/s, %.2f CPU s per GB%n",
          megabytes,
          seconds,
          megabytes / seconds,
          (cpuNanos() - cpuBefore) / 1e9 / megabytes * 1000);
      assertThat(archiving.status().queueLimitBytes()).isEqualTo(64 << 20);
      archiving.assertSameAs(cluster, new Timeline(1), begin, end);
    }
  }

  private static long cpuNanos() {
    return ManagementFactory.getPlatformMXBean(com.sun.management.OperatingSystemMXBean.class)
        .getProcessCpuTime();
  }
}
