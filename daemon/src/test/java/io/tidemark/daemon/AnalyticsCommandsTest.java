package io.tidemark.daemon;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.tidemark.config.Configuration;
import io.tidemark.testing.ExpectLog;
import io.tidemark.testing.LogWatch;
import io.tidemark.testing.PostgresBinaries;
import io.tidemark.testing.TestCluster;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** A source on 16, an analytics database on 17, a daemon, and the commands that tell it. */
@Timeout(180)
class AnalyticsCommandsTest {
  private static final Duration LIMIT = Duration.ofSeconds(60);

  @RegisterExtension final LogWatch log = new LogWatch();

  @Test
  @ExpectLog(value = "main: ", mandatory = false)
  void aPipelineLivesByItsCommands() throws Exception {
    try (TestCluster source = WarehouseDatabase.source(16);
        TestCluster target = TestCluster.builder(PostgresBinaries.of(17)).fsync(false).start();
        DaemonSite site = new DaemonSite()) {
      source.sql(
          "CREATE TABLE orders (id int PRIMARY KEY, email text, total int, secret text)",
          "INSERT INTO orders SELECT g, 'p' || g || '@example.org', g, 'hidden' FROM"
              + " generate_series(1, 1000) g",
          "ANALYZE orders",
          "CREATE TABLE later (id int PRIMARY KEY, note text)",
          "INSERT INTO later VALUES (1, 'a')",
          "CREATE TABLE keyless (id int)");
      WarehouseDatabase warehouse = WarehouseDatabase.create(target);
      site.with("main", source, "archive: {enabled: false}\nbackup: {schedule: none}\n");
      Cli cli = new Cli(site.home());
      String orders = "public.orders: {columns: [id, email, total], masks: {email: keep-domain}}";
      String keyless = "public.keyless: {columns: [id]}";
      configure(site, target, orders, keyless);

      plans(cli);
      try (Daemon daemon =
          Daemon.start(
              Configuration.load(cli.config()),
              SystemdNotifier.of(Map.of(), ProcessHandle.current().pid()),
              _ -> {})) {
        starts(cli, site, daemon, warehouse);
        pausesAndResumes(cli, source, warehouse);
        resyncs(cli, warehouse);
        verifies(cli, warehouse);
        reports(cli);
        configure(site, target, orders, keyless, "public.later: {columns: [id, note]}");
        daemon.reload();
        warehouse.awaitValue("SELECT count(*) FROM school.later", "1");
        configure(site, target, orders, keyless, "public.later: {columns: [id]}");
        daemon.reload();
        saysWhatRemains(cli, source, warehouse);
        users(cli, warehouse);
        drops(cli, source, warehouse);
      }
    }
  }

  private static void configure(DaemonSite site, TestCluster target, String... tables) {
    site.replicas(
            """
            analytics:
              target: {host: 127.0.0.1, port: %d, database: warehouse, user: postgres}
              spool-directory: %s/analytics
              pipelines:
                school:
                  schema: school
                  heartbeat: 200ms
                  sources: {app: {cluster: main, database: postgres, labels: {site: one}}}
                  tables:
                    %s
            """
                .formatted(target.port(), site.home(), String.join("\n        ", tables)))
        .file("run");
  }

  private static void plans(Cli cli) {
    Cli.Result plan = cli.run("analytics", "plan", "--wal-rate", "1MB/s");
    assertThat(plan.exitCode()).as(plan.toString()).isZero();
    assertThat(plan.out())
        .contains("school/app: 1 tables, can be started", "public.orders", "~", "of 10.0 GiB")
        .contains("not taken  public.keyless");
    Cli.Result never =
        cli.run("analytics", "plan", "--wal-rate", "9MB/s", "--apply-rate", "8MB/s", "--json");
    assertThat(never.exitCode()).isEqualTo(52);
    assertThat(never.json().at("/sources/0/refusals/0").asText()).contains("never catch up");
    Cli.Result refused =
        cli.run("analytics", "start", "school", "--wal-rate", "9MB/s", "--apply-rate", "8MB/s");
    assertThat(refused.exitCode()).isEqualTo(52);
    assertThat(refused.err()).contains("--force");
    assertThat(status(cli).at("/state").asText()).isEqualTo("not started");
    Cli.Result check = cli.run("check", "--json");
    assertThat(check.out()).contains("1 tables can be taken", "school/app");
  }

  private static JsonNode status(Cli cli) {
    Cli.Result status = cli.run("analytics", "status", "--json");
    assertThat(status.exitCode()).as(status.toString()).isZero();
    return status.json().at("/sources/0");
  }

  private static void starts(Cli cli, DaemonSite site, Daemon daemon, WarehouseDatabase warehouse) {
    Cli.Result started = cli.run("analytics", "start", "school", "--wal-rate", "1MB/s");
    assertThat(started.exitCode()).as(started.toString()).isZero();
    warehouse.awaitValue("SELECT count(*) FROM school.orders WHERE _site = 'one'", "1000");
    await().atMost(LIMIT).until(() -> status(cli).at("/age").asDouble(99) < 10);
    JsonNode status = status(cli);
    assertThat(status.at("/state").asText()).isEqualTo("following");
    assertThat(status.at("/problems/0").asText()).contains("public.keyless is refused");
    Cli.Result text = cli.run("analytics", "status", "school", "--tables");
    assertThat(text.out())
        .contains("following", "1 refused, 1 streaming", "school.orders", " GiB more");
    String labels = "pipeline=\"school\",source=\"app\",";
    await()
        .atMost(LIMIT)
        .until(() -> site.metric(daemon, Metric.ANALYTICS_DATA_AGE_SECONDS, labels).isPresent());
    assertThat(site.metric(daemon, Metric.ANALYTICS_UP, labels)).hasValue(1);
    assertThat(site.get(daemon, "/analytics").body()).contains("\"decision\" : \"stream\"");
    assertThat(cli.run("slot", "list", "main").out()).doesNotContain("orphan");
  }

  private static void pausesAndResumes(Cli cli, TestCluster source, WarehouseDatabase warehouse) {
    assertThat(cli.run("analytics", "pause", "school", "app").exitCode()).isZero();
    await()
        .atMost(LIMIT)
        .until(
            () ->
                source
                    .value("SELECT bool_or(active)::text FROM pg_replication_slots")
                    .equals("false"));
    source.sql("INSERT INTO orders VALUES (2000, 'late@example.org', 1, 'hidden')");
    assertThat(status(cli).at("/state").asText()).isEqualTo("paused");
    assertThat(status(cli).at("/lagBytes").asLong()).isPositive();
    Cli.Result verify = cli.run("analytics", "verify", "school");
    assertThat(verify.exitCode()).as(verify.toString()).isEqualTo(52);
    assertThat(verify.err())
        .contains("school/app is paused", "tidemark analytics resume school app");
    assertThat(cli.run("analytics", "resume", "school").exitCode()).isZero();
    warehouse.awaitValue("SELECT email FROM school.orders WHERE id = 2000", "example.org");
  }

  private static void resyncs(Cli cli, WarehouseDatabase warehouse) throws SQLException {
    warehouse.value(
        "WITH gone AS (DELETE FROM school.orders RETURNING 1) SELECT count(*) FROM gone");
    Cli.Result done =
        cli.run("analytics", "resync", "school", "app", "public.orders", "--wait", "--json");
    assertThat(done.exitCode()).as(done.toString()).isZero();
    assertThat(done.json().at("/outcome").asText()).isEqualTo("level");
    assertThat(warehouse.value("SELECT count(*) FROM school.orders")).isEqualTo("1001");
    assertThat(cli.run("analytics", "resync", "school", "app", "nonsense").exitCode()).isEqualTo(2);
  }

  private static void verifies(Cli cli, WarehouseDatabase warehouse) throws SQLException {
    assertThat(cli.run("analytics", "verify", "school").exitCode()).isZero();
    warehouse.value(
        "WITH other AS (UPDATE school.orders SET total = -1 WHERE id = 7 RETURNING 1)"
            + " SELECT count(*) FROM other");
    Cli.Result found = cli.run("analytics", "verify", "school", "app", "public.orders", "--repair");
    assertThat(found.exitCode()).as(found.toString()).isEqualTo(51);
    assertThat(found.out())
        .containsPattern("app +public.orders +all +1001 +0 +0 +1 +a resync is asked for");
    warehouse.awaitValue("SELECT total FROM school.orders WHERE id = 7", "7");
    assertThat(cli.run("analytics", "status").out()).contains("differed in 1 rows");
  }

  private static void reports(Cli cli) {
    Cli.Result report = cli.run("analytics", "privacy-report", "school");
    assertThat(report.exitCode()).as(report.toString()).isZero();
    assertThat(report.out())
        .containsPattern("app +public.orders +secret +text +no +excluded +publication column list")
        .containsPattern("app +public.orders +email +text +yes +keep-domain +mask")
        .contains("3 of 5 columns leave; 0 are not as the configuration says");
  }

  /**
   * A column that turned out to be personal: its former values are nobody's to delete but people's.
   */
  private static void saysWhatRemains(Cli cli, TestCluster source, WarehouseDatabase warehouse)
      throws SQLException {
    source.sql("INSERT INTO later VALUES (2, 'b')");
    warehouse.awaitValue("SELECT count(*) FROM school.later WHERE note IS NULL", "1");
    assertThat(cli.run("analytics", "privacy-report", "school").out())
        .containsPattern("app +public.later +note +text +no +excluded +publication column list");
    warehouse.removeWhatRemains(
        cli,
        "school",
        "app public.later.note",
        "ALTER TABLE \"school\".\"later\" DROP COLUMN \"note\"");
    source.sql("INSERT INTO later VALUES (3, 'c')");
    warehouse.awaitValue("SELECT count(*) FROM school.later", "3");
  }

  private static void users(Cli cli, WarehouseDatabase warehouse) throws SQLException {
    assertThat(cli.run("analytics", "user", "add", "ada").out()).contains("ada is made");
    assertThat(cli.run("analytics", "user", "list").out()).contains("ada");
    assertThat(
            warehouse.value("SELECT has_table_privilege('ada', 'school.orders', 'SELECT')::text"))
        .isEqualTo("true");
    assertThat(cli.run("analytics", "user", "drop", "ada", "--yes").exitCode()).isZero();
  }

  private static void drops(Cli cli, TestCluster source, WarehouseDatabase warehouse)
      throws SQLException {
    assertThat(cli.run("analytics", "drop", "school", "app").exitCode()).isEqualTo(2);
    Cli.Result dropped =
        cli.run("analytics", "drop", "school", "app", "--delete-rows", "--yes", "--json");
    assertThat(dropped.exitCode()).as(dropped.toString()).isZero();
    assertThat(dropped.json().at("/by").asText()).isEqualTo("daemon");
    assertThat(dropped.json().at("/rowsDeleted").asLong()).isEqualTo(1004);
    assertThat(source.value("SELECT count(*)::text FROM pg_replication_slots")).isEqualTo("0");
    assertThat(source.value("SELECT count(*)::text FROM pg_publication")).isEqualTo("0");
    assertThat(warehouse.value("SELECT count(*) FROM school.orders")).isEqualTo("0");
    assertThat(status(cli).at("/state").asText()).isEqualTo("not started");
  }
}
