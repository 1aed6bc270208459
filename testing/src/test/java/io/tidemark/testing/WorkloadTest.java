package io.tidemark.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class WorkloadTest {
  private static final PostgresBinaries NEWEST = PostgresBinaries.of(PostgresBinaries.NEWEST);

  @Test
  void writesTheSameRowsForTheSameSeed() {
    assertThat(itemsAfter(7)).isEqualTo(itemsAfter(7)).isNotEqualTo(itemsAfter(8));
  }

  private static List<ClusterContent.Digest> itemsAfter(long seed) {
    try (TestCluster cluster = TestCluster.builder(NEWEST).fsync(false).start();
        Workload workload = Workload.on(cluster).seed(seed).transactionsPerThread(60).start()) {
      workload.awaitEnd();
      workload.stop();
      assertThat(workload.committed()).isEqualTo(120);
      assertThat(Workload.ledger(cluster)).isEqualTo(Map.of(1, 60L, 2, 60L));
      Map<String, ClusterContent.Digest> tables = ClusterContent.of(cluster).tables();
      assertThat(tables).hasSize(5);
      return List.of(
          tables.getOrDefault("postgres/workload.item", new ClusterContent.Digest(-1, "")),
          tables.getOrDefault("postgres/workload.scratch_1", new ClusterContent.Digest(-1, "")));
    }
  }

  @Test
  void namesAMomentThatRecoveryFindsByLsnXidAndTime(@TempDir Path copies) throws IOException {
    TestClusterBuilder builder =
        TestCluster.builder(NEWEST).fsync(false).setting("track_commit_timestamp", "on");
    try (TestCluster primary = builder.start()) {
      primary.stop();
      copy(primary.data(), copies.resolve("base"));
      primary.start();
      Workload.Snapshot then = snapshotAmidWork(primary);
      Map<String, String> targets =
          Map.of(
              "recovery_target_lsn", then.lsn(),
              "recovery_target_xid", "" + then.xid(),
              "recovery_target_time", then.time().toString().replace("Z", "+00"));
      assertThat(then.commitTime()).isNotNull().isBeforeOrEqualTo(then.time());
      assertThat(then.content().rows()).isPositive();
      for (Map.Entry<String, String> target : targets.entrySet()) {
        Path copy = copies.resolve(target.getKey());
        copy(copies.resolve("base"), copy);
        assertThat(contentAt(copy, primary, target)).as(target.getKey()).isEqualTo(then.content());
      }
    }
  }

  private static Workload.Snapshot snapshotAmidWork(TestCluster cluster) {
    try (Workload workload = Workload.on(cluster).threads(3).start()) {
      workload.awaitMore(60);
      Workload.Snapshot snapshot = workload.snapshot();
      workload.awaitMore(60);
      workload.stop();
      assertThat(ClusterContent.of(cluster).differences(snapshot.content()))
          .anyMatch(line -> line.matches("postgres/workload.ledger: \\d+ rows here, \\d+ there"));
      return snapshot;
    }
  }

  private static ClusterContent contentAt(
      Path copy, TestCluster primary, Map.Entry<String, String> target) throws IOException {
    Files.createFile(copy.resolve("recovery.signal"));
    try (TestCluster restored =
        TestCluster.adopt(copy, NEWEST)
            .setting("restore_command", "cp " + primary.data() + "/pg_wal/%f %p")
            .setting(target.getKey(), target.getValue())
            .setting("recovery_target_action", "promote")
            .start()) {
      restored.awaitPrimary(Duration.ofSeconds(30));
      return ClusterContent.of(restored);
    }
  }

  private static void copy(Path from, Path to) {
    Command.run(List.of("cp", "-a", from.toString(), to.toString())).orThrow();
  }

  @Test
  void goesOnAfterEachKillAndMissesNothingAcknowledged() {
    try (TestCluster cluster = TestCluster.start(PostgresBinaries.OLDEST);
        Workload workload = Workload.on(cluster).survivesOutages(true).start()) {
      for (int round = 0; round < 3; round++) {
        workload.awaitMore(30);
        cluster.kill9();
        Map<Integer, Workload.Acknowledged> acknowledged = workload.acknowledged();
        cluster.start();
        assertThat(acknowledged).isNotEmpty();
        assertThat(Workload.missing(acknowledged, cluster)).isEmpty();
      }
      workload.stop();
      cluster.sql("DELETE FROM workload.ledger WHERE seq > 8");
      assertThat(Workload.missing(workload.acknowledged(), cluster)).hasSize(2);
      cluster.sql("DELETE FROM workload.ledger WHERE seq = 3");
      assertThatThrownBy(() -> Workload.ledger(cluster)).hasMessageContaining("gap");
    }
  }

  @Test
  void throwsWhatEndedAThreadUnlessOutagesAreExpected() {
    try (TestCluster cluster = TestCluster.builder(NEWEST).fsync(false).start();
        Workload workload = Workload.on(cluster).rate(100).start()) {
      workload.awaitMore(5);
      cluster.sql("DROP TABLE workload.item");
      assertThatThrownBy(() -> workload.awaitMore(100_000))
          .isInstanceOf(IllegalStateException.class)
          .hasStackTraceContaining("workload.item");
    }
  }

  @Test
  void keepsToItsRate() {
    try (TestCluster cluster = TestCluster.builder(NEWEST).fsync(false).start();
        Workload workload = Workload.on(cluster).rate(40).start()) {
      long start = System.nanoTime();
      workload.awaitMore(41);
      assertThat(System.nanoTime() - start).isGreaterThan(900_000_000L);
      assertThat(workload.lastAcknowledged()).isPresent();
    }
  }
}
