package io.tidemark.daemon;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.tidemark.testing.LogWatch;
import io.tidemark.testing.NeedsTool;
import io.tidemark.testing.PostgresBinaries;
import io.tidemark.testing.TcpProxy;
import io.tidemark.testing.TestCluster;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** The alerts that are delivered, in a real Prometheus, over a real daemon and a real standby. */
@NeedsTool("prometheus")
@Timeout(150)
class PrometheusTest {
  private static final Duration LIMIT = Duration.ofSeconds(60);
  private static final String SLOT = "tidemark_replica_reports";

  @RegisterExtension final LogWatch log = new LogWatch();

  @TempDir Path directory;

  @BeforeAll
  static void nameTheProgram() {
    System.setProperty("tidemark.launcher", "/bin/true");
  }

  @AfterAll
  static void forgetTheProgram() {
    System.clearProperty("tidemark.launcher");
  }

  @Test
  void alarmsWhenTheLinkToAReplicaIsCutAndStopsWhenItIsHealed() throws IOException {
    try (TestCluster primary = TestCluster.builder(PostgresBinaries.of(17)).fsync(false).start();
        TcpProxy link = TcpProxy.to(primary.port());
        TestCluster standby = standby(primary, link);
        DaemonSite site = site(primary, standby);
        Daemon daemon = site.start("run");
        Prometheus prometheus =
            new Prometheus(directory, daemon.httpPort().orElseThrow(), impatientRules())) {
      waiting().until(() -> prometheus.holds("tidemark_replica_data_age_seconds < 20"));
      waiting().until(() -> calm(prometheus));

      link.down();
      waiting()
          .untilAsserted(
              () -> assertThat(prometheus.firing()).contains("ReplicaAbsent", "FreshnessSLO"));
      assertThat(prometheus.firing())
          .as("the primary is there")
          .doesNotContain("HeartbeatSilent", "PrimaryUnreachable", "DaemonAbsent");

      link.pass();
      waiting().until(() -> calm(prometheus));
      assertThat(prometheus.holds("tidemark_replica_streaming == 1")).isTrue();
    }
  }

  private static TestCluster standby(TestCluster primary, TcpProxy link) {
    primary.sql("SELECT pg_create_physical_replication_slot('%s', true)".formatted(SLOT));
    return TestCluster.standbyOf(primary)
        .setting(
            "primary_conninfo",
            "host=127.0.0.1 port=%d user=postgres application_name=tidemark_reports"
                .formatted(link.port()))
        .setting("primary_slot_name", SLOT)
        .setting("wal_retrieve_retry_interval", "200ms")
        .start();
  }

  private static DaemonSite site(TestCluster primary, TestCluster standby) {
    return new DaemonSite()
        .with(
            "main",
            primary,
            """
            archive: {rpo: 1s}
            backup: {schedule: none}
            retention: {schedule: none}
            heartbeat: {period: 1s}
            """)
        .replicas(
            """
            replicas:
              reports:
                cluster: main
                kind: read
                directory: %s
                host: 127.0.0.1
                port: %d
                manage: false
                freshness: 15s
            """
                .formatted(standby.data(), standby.port()));
  }

  /** Those that are delivered, that wait for a second only. */
  private static String impatientRules() throws IOException {
    Path rules = Path.of(System.getProperty("tidemark.root", ".")).resolve("monitoring/alerts.yml");
    return Files.readString(rules).replaceAll("(?m)^( +for:) \\w+$", "$1 1s");
  }

  private static boolean calm(Prometheus prometheus) {
    return prometheus.holds("tidemark_replica_present == 1")
        && prometheus.firing().stream().noneMatch(n -> n.matches("(Replica|Fresh|Heart).*"));
  }

  private static ConditionFactory waiting() {
    return await().atMost(LIMIT).pollInterval(Duration.ofMillis(300));
  }
}
