package io.tidemark.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

final class TestClusterTest {
  private static final PostgresBinaries NEWEST = PostgresBinaries.of(PostgresBinaries.NEWEST);

  @ParameterizedTest
  @MethodSource("io.tidemark.testing.PostgresBinaries#majors")
  void runsEverySupportedMajorAndLeavesNothing(int major) {
    TestCluster cluster = TestCluster.start(major);
    try (cluster) {
      assertThat(cluster.value("SHOW server_version")).startsWith(major + ".");
      assertThat(cluster.value("SHOW data_checksums")).isEqualTo("on");
      assertThat(cluster.value("SHOW fsync")).isEqualTo("on");
    }
    assertThat(cluster.isRunning()).isFalse();
    assertThat(cluster.data()).doesNotExist();
    assertThat(cluster.socketDirectory()).doesNotExist();
  }

  @Test
  void keepsWhatWasCommittedWhenEveryProcessIsKilled() {
    try (TestCluster cluster = TestCluster.start(PostgresBinaries.OLDEST)) {
      cluster.sql("CREATE TABLE t AS SELECT 42 AS answer");
      List<ProcessHandle> processes =
          ProcessHandle.of(cluster.pid()).orElseThrow().descendants().toList();
      assertThat(processes).isNotEmpty();
      cluster.kill9();
      assertThat(processes).noneMatch(ProcessHandle::isAlive);
      cluster.start();
      cluster.stop(TestCluster.StopMode.IMMEDIATE);
      cluster.start();
      cluster.restart();
      assertThat(cluster.value("SELECT answer FROM t")).isEqualTo("42");
    }
  }

  @Test
  void buildsWhatIsAskedFor(@TempDir Path parent) throws SQLException {
    TestClusterBuilder builder =
        TestCluster.builder(NEWEST)
            .parent(parent)
            .walSegmentMegabytes(1)
            .dataChecksums(false)
            .fsync(false)
            .setting("track_commit_timestamp", "on")
            .tablespace("space")
            .password("it's secret");
    try (TestCluster cluster = builder.start()) {
      assertThat(cluster.data()).startsWith(parent);
      assertThat(cluster.value("SHOW wal_segment_size")).isEqualTo("1MB");
      assertThat(cluster.value("SHOW data_checksums")).isEqualTo("off");
      assertThat(cluster.value("SHOW fsync")).isEqualTo("off");
      assertThat(cluster.value("SHOW track_commit_timestamp")).isEqualTo("on");
      assertThat(cluster.value("SELECT count(*) FROM pg_tablespace")).isEqualTo("3");
      assertThatThrownBy(
              () -> DriverManager.getConnection(cluster.jdbc(), "postgres", "wrong").close())
          .hasMessageContaining("password authentication failed");
    }
    assertThat(parent).isEmptyDirectory();
  }

  @Test
  void adoptsACopiedDirectoryAsAStandbyAndPromotesIt(@TempDir Path parent) throws IOException {
    try (TestCluster primary = TestCluster.builder(NEWEST).tablespace("space").start()) {
      primary.sql("CREATE TABLE t TABLESPACE space AS SELECT 42 AS answer");
      primary.stop();
      Path copy = parent.resolve("copy");
      Command.run(List.of("cp", "-a", primary.data().toString(), copy.toString())).orThrow();
      Files.createFile(copy.resolve("standby.signal"));
      primary.start();
      try (TestCluster standby =
          TestCluster.adopt(copy, NEWEST).setting("primary_conninfo", conninfo(primary)).start()) {
        assertThat(standby.value("SELECT pg_is_in_recovery()")).isEqualTo("t");
        assertThat(standby.tablespaces()).hasSize(1);
        standby.promote();
        standby.sql("INSERT INTO t VALUES (43)");
        assertThat(standby.value("SELECT max(answer) FROM t")).isEqualTo("43");
        assertThat(primary.value("SELECT max(answer) FROM t")).isEqualTo("42");
      }
      assertThat(copy).isNotEmptyDirectory();
    }
  }

  @Test
  void saysWhyItDidNotStart() {
    try (TestCluster cluster =
        TestCluster.builder(NEWEST).setting("shared_buffers", "nonsense").create()) {
      assertThatThrownBy(cluster::start)
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("exit code 1")
          .hasMessageContaining("invalid value for parameter \"shared_buffers\"");
    }
  }

  @Test
  void waitsForAServerThatEndsByItself() {
    try (TestCluster cluster = TestCluster.builder(NEWEST).create()) {
      cluster.configure(Map.of("restore_command", "true", "recovery_target", "nonsense"));
      cluster.startWithoutWaiting();
      assertThat(cluster.awaitExit(Duration.ofSeconds(20))).isNotZero();
      assertThat(cluster.logTail()).contains("recovery_target");
    }
  }

  private static String conninfo(TestCluster cluster) {
    return "host=127.0.0.1 user=postgres port=" + cluster.port();
  }

  @Test
  void makesAStandbyThatStreams() {
    try (TestCluster primary = TestCluster.builder(NEWEST).password("it is secret").start()) {
      primary.sql("CREATE TABLE t (answer int)");
      try (TestCluster standby = TestCluster.standbyOf(primary).start()) {
        primary.sql("INSERT INTO t VALUES (42)");
        await().until(() -> standby.value("SELECT count(*) FROM t").equals("1"));
        standby.promote();
        standby.sql("INSERT INTO t VALUES (43)");
      }
    }
  }

  @Test
  void leavesNothingWhenTheJvmIsKilledOrForgetsToClose(@TempDir Path parent) throws Exception {
    for (String end : List.of("killed", "exited")) {
      Process child = Command.builder(childJvm(parent), Map.of()).start();
      String line = child.inputReader().readLine();
      assertThat(line).startsWith("pid ");
      ProcessHandle server = ProcessHandle.of(Long.parseLong(line.substring(4))).orElseThrow();
      if (end.equals("killed")) {
        child.destroyForcibly();
      }
      child.getOutputStream().close();
      await()
          .atMost(Duration.ofSeconds(30))
          .untilAsserted(
              () -> {
                assertThat(server.isAlive()).isFalse();
                assertThat(parent).isEmptyDirectory();
              });
    }
  }

  private static List<String> childJvm(Path parent) {
    return List.of(
        ProcessHandle.current().info().command().orElseThrow(),
        "-Xmx64m",
        "-cp",
        System.getProperty("java.class.path"),
        "-Dtidemark.postgres.binaries=" + System.getProperty("tidemark.postgres.binaries"),
        "-Dtidemark.postgres.cache=" + System.getProperty("tidemark.postgres.cache"),
        Forgetful.class.getName(),
        parent.toString());
  }

  /** Starts a cluster, and ends without closing it when its input ends. */
  static final class Forgetful {
    private Forgetful() {}

    public static void main(String[] arguments) throws IOException {
      TestCluster cluster = TestCluster.builder(NEWEST).parent(Path.of(arguments[0])).start();
      System.out.println("pid " + cluster.pid());
      System.out.flush();
      assertThat(System.in.read()).isNegative();
    }
  }
}
