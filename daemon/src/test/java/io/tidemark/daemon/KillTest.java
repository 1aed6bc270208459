package io.tidemark.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.postgres.Lsn;
import io.tidemark.repository.ClusterRepository;
import io.tidemark.restore.RestoreRequest;
import io.tidemark.testing.ClusterContent;
import io.tidemark.testing.OsUser;
import io.tidemark.testing.PostgresBinaries;
import io.tidemark.testing.TestCluster;
import io.tidemark.testing.Workload;
import io.tidemark.testing.Workload.Acknowledged;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * kill -9, again and again, of the process that archives, of PostgreSQL, of both, of a backup,
 * while clients write. {@code -Dtidemark.test.killRounds=1000} runs longer, {@code
 * -Dtidemark.test.seed} repeats.
 */
final class KillTest {
  private static final Logger LOG = LoggerFactory.getLogger(KillTest.class);
  private static final int MAJOR = 17;
  private static final int SHORTEST_LIFE_MILLIS = 500;
  private static final int LONGEST_LIFE_MILLIS = 2200;
  private static final int SAMPLE_MILLIS = 10;

  /** So seldom a round waits until the archive has caught up: that it always does again. */
  private static final int CATCHES_UP = 5;

  @TempDir Path directory;

  private final long seed = Long.getLong("tidemark.test.seed", System.nanoTime());
  private final SplittableRandom random = new SplittableRandom(seed);
  private final List<Acknowledged> commits = new ArrayList<>();
  private final Map<String, Integer> killed = new HashMap<>();

  @Test
  void losesNothingThatWasAcknowledgedHoweverOftenProcessesAreKilled() throws Exception {
    int rounds = Integer.getInteger("tidemark.test.killRounds", 50);
    LOG.info("{} rounds with -Dtidemark.test.seed={}", rounds, seed);
    OsUser.letIn(directory);
    try (TestCluster server =
            TestCluster.builder(PostgresBinaries.of(MAJOR))
                .walSegmentMegabytes(1)
                .fsync(false)
                .setting("wal_keep_size", "4GB")
                .start();
        KilledCluster cluster = new KilledCluster(server, directory);
        Workload workload =
            Workload.on(server).seed(seed).rate(100).survivesOutages(true).start()) {
      cluster.startBackup();
      assertThat(cluster.awaitBackup()).isZero();
      for (int round = 1; round <= rounds; round++) {
        round(round, server, cluster, workload);
      }
      LOG.info("killed: {}", killed);
      restoreWhatWasArchivedWhenAllDied(server, cluster, workload);
      restoreAllInTheEnd(server, cluster, workload);
    } catch (Throwable e) {
      throw new AssertionError("with -Dtidemark.test.seed=" + seed, e);
    }
  }

  private void round(int round, TestCluster server, KilledCluster cluster, Workload workload)
      throws Exception {
    if (round % CATCHES_UP == 0) {
      cluster.awaitAcknowledged(Lsn.parse(server.value("SELECT pg_current_wal_lsn()")));
    }
    if (random.nextInt(4) == 0) {
      cluster.startBackup();
    }
    live(workload, random.nextInt(SHORTEST_LIFE_MILLIS, LONGEST_LIFE_MILLIS));
    cluster.noteAcknowledged();
    int victims = random.nextInt(6);
    if (victims >= 3) {
      server.kill9();
      count("PostgreSQL");
    }
    if (victims <= 3) {
      cluster.killArchiver();
      count("archiver");
    }
    if (random.nextInt(3) == 0 && cluster.killBackup()) {
      count("backup");
    }
    Lsn reach = cluster.check();
    LOG.debug("round {}: archived to {}", round, reach);
    if (victims >= 3) {
      server.start();
    }
    if (victims <= 3) {
      cluster.startArchiver();
    }
  }

  private void count(String what) {
    killed.merge(what, 1, Integer::sum);
  }

  /** Lets the processes work, and takes down what clients are told. */
  private void live(Workload workload, int millis) throws InterruptedException {
    CountDownLatch never = new CountDownLatch(1);
    for (int waited = 0; waited < millis; waited += SAMPLE_MILLIS) {
      workload.lastAcknowledged().ifPresent(commits::add);
      assertThat(never.await(SAMPLE_MILLIS, TimeUnit.MILLISECONDS)).isFalse();
    }
  }

  private void restoreWhatWasArchivedWhenAllDied(
      TestCluster server, KilledCluster cluster, Workload workload) throws Exception {
    live(workload, LONGEST_LIFE_MILLIS);
    cluster.noteAcknowledged();
    cluster.killArchiver();
    server.kill9();
    cluster.killBackup();
    Lsn reach = cluster.check();
    Map<Integer, Acknowledged> archived = new HashMap<>();
    commits.stream()
        .filter(commit -> !Lsn.parse(commit.lsn()).isAfter(reach))
        .forEach(commit -> archived.put(commit.worker(), commit));
    assertThat(archived).isNotEmpty();
    try (TestCluster restored = restore(server, cluster, "when-all-died")) {
      assertThat(Workload.missing(archived, restored)).isEmpty();
    }
    server.start();
    cluster.startArchiver();
  }

  private void restoreAllInTheEnd(TestCluster server, KilledCluster cluster, Workload workload)
      throws Exception {
    workload.awaitMore(20);
    cluster.startBackup();
    assertThat(cluster.awaitBackup()).isZero();
    workload.stop();
    cluster.awaitAcknowledged(Lsn.parse(server.value("SELECT pg_current_wal_lsn()")));
    cluster.noteAcknowledged();
    cluster.check();
    ClusterContent held = ClusterContent.of(server);
    assertThat(Workload.missing(workload.acknowledged(), server)).isEmpty();
    cluster.killArchiver();
    try (TestCluster restored = restore(server, cluster, "end")) {
      assertThat(ClusterContent.of(restored).differences(held)).isEmpty();
      assertThat(Workload.missing(workload.acknowledged(), restored)).isEmpty();
    }
  }

  private TestCluster restore(TestCluster server, KilledCluster cluster, String name) {
    try (ClusterRepository reader = cluster.reader()) {
      Restorer restorer = new Restorer(reader, server.binaries(), directory);
      restorer.restore(RestoreRequest.LATEST, name).close();
    }
    return TestCluster.adopt(directory.resolve(name), server.binaries()).start();
  }
}
