package io.tidemark.daemon;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.offset;
import static org.awaitility.Awaitility.await;

import io.tidemark.config.ErrorCode;
import io.tidemark.config.TidemarkException;
import io.tidemark.postgres.Lsn;
import io.tidemark.postgres.SystemId;
import io.tidemark.postgres.WalSegmentSize;
import io.tidemark.repository.ClusterIdentity;
import io.tidemark.testing.ExpectLog;
import io.tidemark.testing.LogWatch;
import io.tidemark.testing.PostgresBinaries;
import io.tidemark.testing.TestCluster;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

@Timeout(120)
class DaemonTest {
  private static final String QUIET =
      """
      archive: {rpo: 200ms, status-interval: 200ms, slot: %s}
      backup: {schedule: none}
      retention: {schedule: none}
      """;

  private static TestCluster cluster;

  @RegisterExtension final LogWatch log = new LogWatch();

  @BeforeAll
  static void startCluster() {
    cluster = TestCluster.builder(PostgresBinaries.of(17)).fsync(false).start();
  }

  @AfterAll
  static void stopCluster() {
    cluster.close();
  }

  @Test
  @ExpectLog("archiving interrupted")
  @ExpectLog(value = "main: PostgreSQL: ", mandatory = false)
  void archivesTellsThatTheServerIsGoneAndPutsTheLastTailAtItsEnd() {
    try (DaemonSite site = new DaemonSite().with("main", cluster, QUIET.formatted("one"))) {
      Lsn last;
      try (Daemon daemon = site.start("run")) {
        site.awaitReady(daemon, true);
        serves(site, daemon);
        cluster.stop();
        site.awaitReady(daemon, false);
        assertThat(site.get(daemon, "/readyz").body()).contains("archive: not connected");
        assertThat(site.get(daemon, "/healthz").status()).as("the daemon works").isEqualTo(200);
        cluster.start();
        site.awaitReady(daemon, true);
        last = DaemonSite.write(cluster);
      }
      assertThat(DaemonSite.confirmed(cluster, "one")).isGreaterThanOrEqualTo(last);
    } finally {
      if (!cluster.isRunning()) {
        cluster.start();
      }
    }
  }

  private static void serves(DaemonSite site, Daemon daemon) {
    Lsn written = DaemonSite.write(cluster);
    await()
        .atMost(DaemonSite.LIMIT)
        .until(
            () ->
                site.metric(
                            daemon,
                            Metric.ARCHIVE_DURABLE_LSN_BYTES,
                            "cluster=\"main\",timeline=\"1\",")
                        .orElse(0)
                    >= written.value());
    String main = "cluster=\"main\",";
    assertThat(site.metric(daemon, Metric.ARCHIVE_TAILS_TOTAL, main).orElse(0)).isPositive();
    assertThat(site.metric(daemon, Metric.ARCHIVE_STATE, main + "state=\"streaming\","))
        .hasValue(1);
    assertThat(site.metric(daemon, Metric.READY, main)).hasValue(1);
    assertThat(site.metric(daemon, Metric.BACKUPS, main)).hasValue(0);
    assertThat(site.metric(daemon, Metric.BACKUP_LAST_SUCCESS_TIMESTAMP_SECONDS, main)).isEmpty();
    await().until(() -> site.metric(daemon, Metric.UP, main).orElse(0) == 1);
    await()
        .atMost(DaemonSite.LIMIT)
        .until(
            () -> site.metric(daemon, Metric.SLOT_ACTIVE, main + "slot=\"one\",").orElse(0) == 1);
    await().until(() -> site.metric(daemon, Metric.ARCHIVE_LAG_SECONDS, main).orElse(9) < 5);
    List<String> known = Arrays.stream(Metric.values()).map(Metric::id).toList();
    assertThat(site.get(daemon, "/metrics").body().lines())
        .filteredOn(line -> line.startsWith("# TYPE tidemark_"))
        .allSatisfy(line -> assertThat(known).contains(line.split(" ", -1)[2]));
    assertThat(site.get(daemon, "/").body()).contains("href=\"/metrics\"");
    assertThat(site.get(daemon, "/nothing").status()).isEqualTo(404);
    assertThat(site.get(daemon, "/healthz").body()).isEqualTo("ok\n");
  }

  @Test
  void catchesUpAMissedBackupAndExpiresAfterIt() {
    String nightly =
        """
        archive: {rpo: 200ms, slot: two}
        backup: {schedule: "0 0 2 1 1 ? *", checkpoint: fast}
        retention: {schedule: "0 0 4 1 1 ? *"}
        data-directory: %s
        """
            .formatted(cluster.data());
    try (DaemonSite site = new DaemonSite().with("main", cluster, nightly);
        Daemon daemon = site.start("run")) {
      String main = "cluster=\"main\",";
      await()
          .atMost(Duration.ofSeconds(60))
          .until(() -> site.metric(daemon, Metric.BACKUPS, main).orElse(0) == 1);
      await()
          .atMost(DaemonSite.LIMIT)
          .until(
              () ->
                  site.metric(daemon, Metric.EXPIRE_LAST_SUCCESS_TIMESTAMP_SECONDS, main)
                      .isPresent());
      assertThat(site.metric(daemon, Metric.BACKUP_OVERDUE_SECONDS, main)).hasValue(0);
      assertThat(site.metric(daemon, Metric.BACKUP_BYTES, main).orElse(0)).isGreaterThan(1e6);
      assertThat(site.metric(daemon, Metric.BACKUP_DAMAGED_PAGES, main)).hasValue(0);
      assertThat(site.metric(daemon, Metric.RESTORABLE_OLDEST_TIMESTAMP_SECONDS, main).orElse(0))
          .isCloseTo((double) Instant.now().getEpochSecond(), offset(120.0));
    }
  }

  @Test
  void takesABackupEachTimeThatItsScheduleFires() {
    String often =
        """
        archive: {rpo: 200ms, slot: three}
        backup: {schedule: "* * * * * ?", checkpoint: fast}
        retention: {schedule: none}
        data-directory: %s
        """
            .formatted(cluster.data());
    try (DaemonSite site = new DaemonSite().with("main", cluster, often);
        Daemon daemon = site.start("run")) {
      await()
          .atMost(Duration.ofSeconds(60))
          .until(() -> site.metric(daemon, Metric.BACKUPS, "cluster=\"main\",").orElse(0) >= 2);
      assertThat(site.metric(daemon, Metric.BACKUP_FAILURES_TOTAL, "cluster=\"main\","))
          .hasValue(0);
    }
  }

  @Test
  void waitsWhileAnotherDaemonArchivesAndGoesOnAfterIt() {
    try (DaemonSite site = new DaemonSite().with("main", cluster, QUIET.formatted("four"))) {
      Daemon first = site.start("run1");
      site.awaitReady(first, true);
      try (Daemon second = site.start("run2")) {
        try (first) {
          await()
              .atMost(DaemonSite.LIMIT)
              .until(() -> site.get(second, "/readyz").body().contains("another process does it"));
        }
        site.awaitReady(second, true);
      }
    }
  }

  @Test
  void refusesASecondDaemonInOneRunDirectory() {
    try (DaemonSite site = new DaemonSite().with("main", cluster, QUIET.formatted("five"));
        Daemon daemon = site.start("run")) {
      assertThat(daemon.httpPort()).isPresent();
      assertThatThrownBy(() -> site.start("run"))
          .isInstanceOfSatisfying(
              TidemarkException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.LEASE_HELD))
          .hasMessageContaining("" + ProcessHandle.current().pid());
    }
  }

  @Test
  @ExpectLog("foreign: not archiving: .*system identifier")
  @ExpectLog("absent: the repository: ")
  @ExpectLog(value = "foreign: ", mandatory = false)
  void goesOnWithOthersWhereOneClusterIsRefusedAndAnotherIsNotThere() {
    try (DaemonSite site = new DaemonSite().with("main", cluster, QUIET.formatted("six"))) {
      site.create(
          "foreign",
          new ClusterIdentity(
              new SystemId(4711), 17, new WalSegmentSize(16 << 20), false, Instant.now()));
      site.configured("foreign", cluster.port(), QUIET.formatted("seven"));
      site.configured("absent", cluster.port(), QUIET.formatted("eight"));
      try (Daemon daemon = site.start("run")) {
        await()
            .atMost(DaemonSite.LIMIT)
            .until(() -> site.metric(daemon, Metric.READY, "cluster=\"main\",").orElse(0) == 1);
        await()
            .atMost(DaemonSite.LIMIT)
            .until(() -> site.get(daemon, "/readyz").body().contains("4711"));
        assertThat(site.get(daemon, "/readyz").status()).isEqualTo(503);
        assertThat(site.get(daemon, "/readyz").body()).contains("repository: ");
        assertThat(site.metric(daemon, Metric.READY, "cluster=\"foreign\",")).hasValue(0);
        assertThat(site.metric(daemon, Metric.READY, "cluster=\"absent\",")).hasValue(0);
      }
    }
  }

  @Test
  @ExpectLog("the configuration has problems; the one before stays")
  @ExpectLog("rpoo")
  @ExpectLog(value = "tidemark.yaml:1:", mandatory = false)
  void reloadsWhatChangedAndRefusesWhatIsWrong() {
    try (DaemonSite site = new DaemonSite().with("main", cluster, QUIET.formatted("nine"));
        Daemon daemon = site.start("run")) {
      site.awaitReady(daemon, true);
      double tails = tails(site, daemon);
      site.configured(
          "idle", cluster.port(), "archive: {enabled: false}\nbackup: {schedule: none}");
      site.create(
          "idle",
          new ClusterIdentity(
              new SystemId(1), 17, new WalSegmentSize(16 << 20), false, Instant.now()));
      site.file("run");
      daemon.reload();
      assertThat(log.lines()).anyMatch(line -> line.contains("stopped [], started [idle]"));
      DaemonSite.write(cluster);
      await()
          .atMost(DaemonSite.LIMIT)
          .untilAsserted(
              () ->
                  assertThat(tails(site, daemon))
                      .as("the archiver was not started anew")
                      .isGreaterThan(tails));

      site.write("clusters: {main: {archive: {rpoo: 1s}}}\n");
      daemon.reload();
      assertThat(site.metric(daemon, Metric.CONFIG_RELOAD_SUCCESS, "")).hasValue(0);
      site.awaitReady(daemon, true);
    }
  }

  @Test
  void servesWalPushForAClusterWithoutSlot() throws IOException {
    String push =
        """
        archive: {method: push}
        backup: {schedule: none}
        data-directory: %s
        """
            .formatted(cluster.data());
    try (DaemonSite site = new DaemonSite().with("main", cluster, push);
        Daemon daemon = site.start("run")) {
      site.awaitReady(daemon, true);
      String segment = cluster.value("SELECT pg_walfile_name(pg_current_wal_lsn())");
      DaemonSite.write(cluster);
      cluster.sql("SELECT pg_switch_wal()");
      Path exchange = site.home().resolve("run/wal-push");
      // Whole at once, as wal-push does it: the daemon reads what it sees.
      Path written = site.home().resolve("a.request");
      Files.writeString(
          written,
          """
          protocol=1
          path=%1$s/pg_wal/%2$s
          cluster=
          data-directory=%1$s
          deadline=%3$d
          """
              .formatted(cluster.data(), segment, Instant.now().getEpochSecond() + 60));
      Files.move(written, exchange.resolve("requests/a.request"), StandardCopyOption.ATOMIC_MOVE);
      Path answer = exchange.resolve("answers/a.answer");
      await()
          .atMost(DaemonSite.LIMIT)
          .untilAsserted(() -> assertThat(answer).content().isEqualTo("ok\n"));
      assertThat(exchange.resolve("alive")).exists();
      assertThat(site.metric(daemon, Metric.WAL_PUSH_FILES_TOTAL, "outcome=\"ok\",")).hasValue(1);
    }
  }

  private static double tails(DaemonSite site, Daemon daemon) {
    return site.metric(daemon, Metric.ARCHIVE_TAILS_TOTAL, "cluster=\"main\",").orElse(-1);
  }
}
