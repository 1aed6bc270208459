package io.tidemark.daemon;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.tidemark.postgres.PostgresSession;
import io.tidemark.postgres.PostmasterPid;
import io.tidemark.replicamanager.ReplicaReport;
import io.tidemark.testing.FreePort;
import io.tidemark.testing.LogWatch;
import io.tidemark.testing.OsUser;
import io.tidemark.testing.PostgresBinaries;
import io.tidemark.testing.TestCluster;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

@Timeout(120)
class ReplicaServiceTest {
  private static final Duration LIMIT = Duration.ofSeconds(60);
  private static final PostgresBinaries BINARIES = PostgresBinaries.of(17);
  private static final String QUIET =
      """
      archive: {enabled: false}
      backup: {schedule: none}
      retention: {schedule: none}
      heartbeat: {period: none}
      """;

  @RegisterExtension final LogWatch log = new LogWatch();

  private final int onePort = FreePort.find();
  private final int twoPort = FreePort.find();

  @BeforeEach
  void nameALauncher() {
    System.setProperty("tidemark.launcher", "/bin/true");
  }

  @AfterEach
  void forgetTheLauncher() {
    System.clearProperty("tidemark.launcher");
  }

  private String replicas(DaemonSite site, String settingsOfTwo) {
    return "replicas:\n"
        + replica(site, "one", onePort, "")
        + replica(site, "two", twoPort, settingsOfTwo);
  }

  private static String replica(DaemonSite site, String name, int port, String settings) {
    return """
      %s:
        cluster: main
        kind: read
        directory: %s
        port: %d
        host: 127.0.0.1
        bin-directory: %s
        settings: {listen_addresses: 127.0.0.1, unix_socket_directories: /tmp%s}
    """
            .formatted(name, site.home().resolve(name), port, BINARIES.bin(), settings)
        + OsUser.forServers().map(user -> "    owner: " + user.name() + "\n").orElse("");
  }

  @Test
  void makesReplicasRestartsOnlyWhatAReloadChangesAndLeavesTheServersRunning() throws Exception {
    try (TestCluster cluster = TestCluster.builder(BINARIES).fsync(false).start();
        DaemonSite site = new DaemonSite().with("main", cluster, QUIET)) {
      OsUser.letIn(site.home());
      Path one = site.home().resolve("one");
      Path two = site.home().resolve("two");
      try {
        site.replicas(replicas(site, ""));
        long pid;
        try (Daemon daemon = site.start("run")) {
          awaitStreaming(daemon);
          pid = pidOf(one);
          List<ReplicaVitals> before = daemon.replicaVitals();

          site.replicas(replicas(site, ", work_mem: 9MB")).file("run");
          daemon.reload();

          List<ReplicaVitals> after = daemon.replicaVitals();
          assertThat(after.getFirst()).isSameAs(before.getFirst());
          assertThat(after.getLast()).isNotSameAs(before.getLast());
          await()
              .atMost(LIMIT)
              .ignoreExceptions()
              .until(() -> workMemory(after.getLast()).equals("9MB"));
          awaitStreaming(daemon);
        }
        assertThat(pidOf(one)).as("the same server runs on").isEqualTo(pid);
        assertThat(PostmasterPid.isRunning(one)).isTrue();
        assertThat(PostmasterPid.isRunning(two)).isTrue();
      } finally {
        for (Path directory : List.of(one, two)) {
          if (Files.exists(directory.resolve(PostmasterPid.FILE_NAME))) {
            BINARIES.run("pg_ctl", "stop", "-D", directory, "-w", "-m", "immediate");
          }
        }
      }
    }
  }

  private static void awaitStreaming(Daemon daemon) {
    await()
        .atMost(LIMIT)
        .until(() -> daemon.replicaVitals().stream().allMatch(ReplicaServiceTest::streams));
    assertThat(daemon.replicaVitals()).hasSize(2);
  }

  private static boolean streams(ReplicaVitals vitals) {
    ReplicaReport report = vitals.report;
    return report != null && report.decision().why().equals("it streams");
  }

  private static String workMemory(ReplicaVitals vitals) {
    try (PostgresSession session = PostgresSession.open(vitals.spec.self())) {
      return session.setting("work_mem").orElse("");
    }
  }

  private static long pidOf(Path directory) throws IOException {
    return PostmasterPid.read(directory).orElseThrow().pid();
  }
}
