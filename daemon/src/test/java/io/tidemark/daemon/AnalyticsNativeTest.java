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
import java.time.Instant;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** A source on 16, an analytics database on 17, and PostgreSQL's own subscription between them. */
@Timeout(240)
class AnalyticsNativeTest {
  private static final Duration LIMIT = Duration.ofSeconds(60);
  private static final String LABELS = "pipeline=\"shop\",source=\"app\",";

  @RegisterExtension final LogWatch log = new LogWatch();

  @Test
  @ExpectLog(value = "main: ", mandatory = false)
  @ExpectLog("public.keyless is held: it has neither primary key nor replica identity")
  @ExpectLog("public.taken is held: the target has a table of its name with rows")
  void aNativePipelineLivesByItsCommands() throws Exception {
    try (TestCluster source = WarehouseDatabase.source(16);
        TestCluster target = TestCluster.builder(PostgresBinaries.of(17)).fsync(false).start();
        DaemonSite site = new DaemonSite()) {
      source.sql(
          "CREATE TABLE orders (id int PRIMARY KEY, total int, secret text)",
          "INSERT INTO orders SELECT g, g, 'hidden' FROM generate_series(-9, 1000) g",
          "ANALYZE orders",
          "CREATE TABLE \"Odd\" (id int PRIMARY KEY, twice int GENERATED ALWAYS AS (id * 2) STORED)",
          "INSERT INTO \"Odd\" VALUES (1), (2)",
          "CREATE TABLE keyless (id int)",
          "CREATE TABLE taken (id int PRIMARY KEY)");
      WarehouseDatabase warehouse = WarehouseDatabase.create(target);
      warehouse.execute("CREATE TABLE taken (id int)", "INSERT INTO taken VALUES (7)");
      site.with("main", source, "archive: {enabled: false}\nbackup: {schedule: none}\n");
      configure(site, target);
      Cli cli = new Cli(site.home());

      plans(cli, source);
      try (Daemon daemon =
          Daemon.start(
              Configuration.load(cli.config()),
              SystemdNotifier.of(Map.of(), ProcessHandle.current().pid()),
              _ -> {})) {
        starts(cli, site, daemon, warehouse);
        streams(source, warehouse);
        saysWhatLeaves(cli, warehouse);
        verifies(cli, warehouse);
        takesATableThatComesLater(cli, source, warehouse);
        staysFreshWhileNothingIsWritten(cli, site, daemon, source);
        pausesAndResumes(cli, source, warehouse);
        resyncs(cli, warehouse);
        drops(cli, source, warehouse);
      }
    }
  }

  private static void configure(DaemonSite site, TestCluster target) {
    site.replicas(
            """
            analytics:
              target: {host: 127.0.0.1, port: %d, database: warehouse, user: postgres}
              spool-directory: %s/analytics
              pipelines:
                shop:
                  engine: native
                  heartbeat: 200ms
                  freshness: 20s
                  sources: {app: {cluster: main, database: postgres}}
                  tables:
                    public.orders: {columns: [id, total], where: id > 0}
                    public.*: {}
            """
                .formatted(target.port(), site.home()))
        .file("run");
  }

  private static void plans(Cli cli, TestCluster source) {
    Cli.Result plan = cli.run("analytics", "plan", "shop", "--wal-rate", "1MB/s");
    assertThat(plan.exitCode()).as(plan.toString()).isZero();
    assertThat(plan.out())
        .contains("shop/app: 2 tables, can be started", "public.orders", "~1010", "of 10.0 GiB")
        .contains("in the target: CREATE TABLE \"public\".\"Odd\"")
        .contains("ADD TABLE \"public\".\"orders\" (\"id\", \"total\") WHERE ((id > 0))")
        .contains("at the source: CREATE PUBLICATION tidemark_shop_app")
        .contains("in the target: CREATE SUBSCRIPTION tidemark_shop_app, binary")
        .contains("not taken  public.keyless: it has neither primary key")
        .contains("not taken  public.taken: the target has a table of its name with rows");
    assertThat(source.value("SELECT count(*) FROM pg_publication")).as("a look").isEqualTo("0");
    Cli.Result never =
        cli.run("analytics", "start", "shop", "--wal-rate", "9MB/s", "--apply-rate", "8MB/s");
    assertThat(never.exitCode()).isEqualTo(52);
    assertThat(status(cli).at("/state").asText()).isEqualTo("not started");
    assertThat(cli.run("check", "--json").out()).contains("2 tables can be taken", "shop/app");
  }

  private static JsonNode status(Cli cli) {
    Cli.Result status = cli.run("analytics", "status", "--json");
    assertThat(status.exitCode()).as(status.toString()).isZero();
    return status.json().at("/sources/0");
  }

  private static void starts(Cli cli, DaemonSite site, Daemon daemon, WarehouseDatabase warehouse) {
    Cli.Result started = cli.run("analytics", "start", "shop", "--wal-rate", "1MB/s");
    assertThat(started.exitCode()).as(started.toString()).isZero();
    warehouse.awaitValue("SELECT count(*) FROM public.orders", "1000");
    warehouse.awaitValue("SELECT sum(twice) FROM public.\"Odd\"", "6");
    await().atMost(LIMIT).until(() -> status(cli).at("/age").asDouble(99) < 10);
    JsonNode status = status(cli);
    assertThat(status.at("/state").asText()).isEqualTo("following");
    assertThat(status.at("/problems").toString())
        .contains("public.keyless is held", "public.taken is held");
    Cli.Result text = cli.run("analytics", "status", "shop", "--tables");
    assertThat(text.out())
        .contains("2 following, 2 held")
        .containsPattern("public.keyless +public.keyless +held .*it has neither primary key")
        .containsPattern("public.taken +public.taken +held .*rows that are not on record");
    await()
        .atMost(LIMIT)
        .until(() -> site.metric(daemon, Metric.ANALYTICS_DATA_AGE_SECONDS, LABELS).isPresent());
    assertThat(site.metric(daemon, Metric.ANALYTICS_UP, LABELS)).as("held ones").hasValue(1);
    assertThat(site.metric(daemon, Metric.ANALYTICS_APPLIED_LSN_BYTES, LABELS)).isPresent();
    assertThat(site.metric(daemon, Metric.ANALYTICS_TABLES, LABELS + "state=\"held\","))
        .hasValue(2);
    assertThat(cli.run("slot", "list", "main").out()).doesNotContain("orphan");
  }

  private static void streams(TestCluster source, WarehouseDatabase warehouse) throws SQLException {
    source.sql(
        "UPDATE orders SET total = -1 WHERE id = 7",
        "DELETE FROM orders WHERE id = 8",
        "INSERT INTO orders VALUES (2000, 1, 'hidden'), (-100, 1, 'hidden')",
        "INSERT INTO \"Odd\" VALUES (3)");
    warehouse.awaitValue("SELECT total FROM public.orders WHERE id = 7", "-1");
    warehouse.awaitValue("SELECT count(*) FROM public.orders", "1000");
    warehouse.awaitValue("SELECT twice FROM public.\"Odd\" WHERE id = 3", "6");
    assertThat(warehouse.value("SELECT count(*) FROM public.taken")).isEqualTo("1");
  }

  private static void saysWhatLeaves(Cli cli, WarehouseDatabase warehouse) throws SQLException {
    Cli.Result report = cli.run("analytics", "privacy-report", "shop");
    assertThat(report.exitCode()).as(report.toString()).isZero();
    assertThat(report.out())
        .containsPattern("app +public.orders +secret +text +no +excluded +publication column list")
        .containsPattern("app +public.orders +total +integer +yes +as it is +nothing")
        .containsPattern("app +public.keyless +id +integer +no +excluded")
        .contains("app public.orders: only rows WHERE (id > 0)")
        .contains("4 of 7 columns leave; 0 are not as the configuration says");
    warehouse.execute("ALTER TABLE public.orders ADD COLUMN secret text");
    warehouse.removeWhatRemains(
        cli,
        "shop",
        "app public.orders.secret",
        "ALTER TABLE \"public\".\"orders\" DROP COLUMN \"secret\"");
  }

  private static void verifies(Cli cli, WarehouseDatabase warehouse) throws SQLException {
    Cli.Result same = cli.run("analytics", "verify", "shop");
    assertThat(same.exitCode()).as(same.toString()).isZero();
    assertThat(same.out()).containsPattern("app +public.orders +all +1000 +0 +0 +0");
    warehouse.execute("UPDATE public.orders SET total = -5 WHERE id = 9");
    warehouse.execute("DELETE FROM public.orders WHERE id = 10");
    Cli.Result found = cli.run("analytics", "verify", "shop", "app", "public.orders", "--repair");
    assertThat(found.exitCode()).as(found.toString()).isEqualTo(51);
    assertThat(found.out())
        .containsPattern("app +public.orders +all +1000 +1 +0 +1 +a resync is asked for")
        .contains("missing: id = 10", "different: id = 9");
    warehouse.awaitValue("SELECT total FROM public.orders WHERE id = 9", "9");
    warehouse.awaitValue("SELECT count(*) FROM public.orders", "1000");
    assertThat(cli.run("analytics", "status").out()).contains("differed in 2 rows");
  }

  private static void takesATableThatComesLater(
      Cli cli, TestCluster source, WarehouseDatabase warehouse) {
    source.sql(
        "CREATE TABLE later (id int PRIMARY KEY, note text)",
        "INSERT INTO later SELECT g, 'a' FROM generate_series(1, 50) g");
    warehouse.awaitValue("SELECT count(*) FROM public.later", "50");
    await()
        .atMost(LIMIT)
        .until(() -> cli.run("analytics", "status").out().contains("3 following, 2 held"));
    source.sql("UPDATE later SET note = 'b' WHERE id = 50");
    warehouse.awaitValue("SELECT note FROM public.later WHERE id = 50", "b");
  }

  /** No heartbeat is written to the source: its WAL comes to an end, and is read up to it. */
  private static void staysFreshWhileNothingIsWritten(
      Cli cli, DaemonSite site, Daemon daemon, TestCluster source) {
    Instant since = Instant.now();
    await().atMost(LIMIT).until(() -> Instant.parse(text(status(cli), "/dataAsOf")).isAfter(since));
    await()
        .atMost(LIMIT)
        .until(() -> site.metric(daemon, Metric.ANALYTICS_LAG_BYTES, LABELS).orElse(1) == 0);
    assertThat(site.metric(daemon, Metric.ANALYTICS_DATA_AGE_SECONDS, LABELS).orElseThrow())
        .isLessThan(20);
    // What the server writes by itself comes through, too.
    await()
        .atMost(LIMIT)
        .until(
            () ->
                source
                    .value(
                        "SELECT (confirmed_flush_lsn = pg_current_wal_lsn())::text FROM"
                            + " pg_replication_slots")
                    .equals("true"));
  }

  private static String text(JsonNode node, String at) {
    JsonNode found = node.at(at);
    return found.isTextual() ? found.asText() : "1970-01-01T00:00:00Z";
  }

  private static void pausesAndResumes(Cli cli, TestCluster source, WarehouseDatabase warehouse)
      throws SQLException {
    assertThat(cli.run("analytics", "pause", "shop", "app").exitCode()).isZero();
    await()
        .atMost(LIMIT)
        .until(
            () -> warehouse.value("SELECT subenabled::text FROM pg_subscription").equals("false"));
    await()
        .atMost(LIMIT)
        .until(
            () ->
                source
                    .value("SELECT bool_or(active)::text FROM pg_replication_slots")
                    .equals("false"));
    source.sql("INSERT INTO orders VALUES (3000, 1, 'hidden')");
    assertThat(status(cli).at("/state").asText()).isEqualTo("paused");
    assertThat(status(cli).at("/lagBytes").asLong()).isPositive();
    String asOf = warehouse.value("SELECT data_as_of FROM tidemark.data_as_of");
    assertThat(warehouse.value("SELECT state FROM tidemark.data_as_of")).isEqualTo("paused");
    assertThat(warehouse.value("SELECT count(*) FROM public.orders")).isEqualTo("1000");
    assertThat(cli.run("analytics", "resync", "shop", "app").exitCode()).isEqualTo(2);

    assertThat(cli.run("analytics", "resume", "shop").exitCode()).isZero();
    warehouse.awaitValue("SELECT count(*) FROM public.orders", "1001");
    warehouse.awaitValue("SELECT data_as_of > '%s' FROM tidemark.data_as_of".formatted(asOf), "t");
  }

  private static void resyncs(Cli cli, WarehouseDatabase warehouse) throws SQLException {
    warehouse.execute("DELETE FROM public.orders WHERE id < 500");
    warehouse.execute("DELETE FROM public.\"Odd\"");
    Cli.Result one =
        cli.run("analytics", "resync", "shop", "app", "public.Odd", "--wait", "--json");
    assertThat(one.exitCode()).as(one.toString()).isZero();
    assertThat(one.json().at("/outcome").asText()).isEqualTo("level");
    assertThat(warehouse.value("SELECT count(*) FROM public.\"Odd\"")).isEqualTo("3");
    assertThat(warehouse.value("SELECT count(*) FROM public.orders")).isEqualTo("503");

    Cli.Result all = cli.run("analytics", "resync", "shop", "app", "--wait", "--json");
    assertThat(all.exitCode()).as(all.toString()).isZero();
    assertThat(all.json().at("/outcome").asText()).isEqualTo("level");
    assertThat(warehouse.value("SELECT count(*) FROM public.orders")).isEqualTo("1001");
    assertThat(warehouse.value("SELECT count(*) FROM public.taken")).as("not ours").isEqualTo("1");
  }

  private static void drops(Cli cli, TestCluster source, WarehouseDatabase warehouse)
      throws SQLException {
    assertThat(cli.run("analytics", "drop", "shop", "app", "--delete-rows", "--yes").exitCode())
        .isEqualTo(2);
    Cli.Result dropped = cli.run("analytics", "drop", "shop", "app", "--yes", "--json");
    assertThat(dropped.exitCode()).as(dropped.toString()).isZero();
    assertThat(dropped.json().at("/by").asText()).isEqualTo("daemon");
    assertThat(source.value("SELECT count(*) FROM pg_replication_slots")).isEqualTo("0");
    assertThat(source.value("SELECT count(*) FROM pg_publication")).isEqualTo("0");
    assertThat(warehouse.value("SELECT count(*) FROM pg_subscription")).isEqualTo("0");
    for (String state : new String[] {"native_table", "native_feed", "wish", "verification"}) {
      assertThat(warehouse.value("SELECT count(*) FROM tidemark." + state))
          .as(state)
          .isEqualTo("0");
    }
    assertThat(warehouse.value("SELECT count(*) FROM public.orders")).isEqualTo("1001");
    assertThat(status(cli).at("/state").asText()).isEqualTo("not started");
    assertThat(status(cli).at("/tables")).isEmpty();
  }
}
