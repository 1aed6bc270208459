package io.tidemark.daemon;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.tidemark.testing.ExpectLog;
import io.tidemark.testing.LogWatch;
import io.tidemark.testing.PostgresBinaries;
import io.tidemark.testing.TestCluster;
import java.time.Duration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What commands say and do where a pipeline cannot go on, or no daemon is there. */
@Timeout(180)
@ExpectLog(value = "main: ", mandatory = false)
class AnalyticsTroubleTest {
  private static final Duration LIMIT = Duration.ofSeconds(60);
  private static TestCluster source;
  private static TestCluster target;

  @RegisterExtension final LogWatch log = new LogWatch();
  private WarehouseDatabase warehouse;
  private DaemonSite site;
  private Cli cli;

  @BeforeAll
  static void start() {
    source = WarehouseDatabase.source(17);
    target = TestCluster.builder(PostgresBinaries.of(16)).fsync(false).start();
  }

  @AfterAll
  static void stop() {
    source.close();
    target.close();
  }

  @BeforeEach
  void begin() {
    source.sql(
        "CREATE TABLE orders (id int PRIMARY KEY, total int)",
        "INSERT INTO orders SELECT g, g FROM generate_series(1, 100) g");
    warehouse = WarehouseDatabase.create(target);
    site = new DaemonSite();
    site.with("main", source, "archive: {enabled: false}\nbackup: {schedule: none}\n");
    cli = new Cli(site.home());
  }

  @AfterEach
  void end() {
    site.close();
    await()
        .atMost(DaemonSite.LIMIT)
        .until(
            () ->
                source.value("SELECT count(*) FROM pg_replication_slots WHERE active").equals("0"));
    source.sql(
        "SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots",
        "DROP PUBLICATION IF EXISTS tidemark_school_app",
        "DROP TABLE orders");
    target.sql("DROP DATABASE warehouse WITH (FORCE)");
  }

  private void configure(String ofTarget, String more) {
    site.replicas(
            """
            analytics:
              target: {host: 127.0.0.1, port: %d, database: warehouse, user: postgres%s}
              spool-directory: %s/analytics
              pipelines:
                school:
                  schema: school
                  heartbeat: 200ms
                  sources: {app: {cluster: main, database: postgres, labels: {site: one}}}
                  tables:
                    public.orders: {columns: [id, total]}
            %s
            """
                .formatted(target.port(), ofTarget, site.home(), more.indent(2)))
        .file("run");
  }

  private void startsPipeline() {
    Cli.Result started = cli.run("analytics", "start", "school", "--force");
    assertThat(started.exitCode()).as(started.toString()).isZero();
    warehouse.awaitValue("SELECT count(*) FROM school.orders", "100");
  }

  @Test
  void aResyncThatIsWaitedForEndsWhereItsTableIsHeld() throws Exception {
    log.expect("public.orders is held, others go on: .*violates check constraint \"low\"");
    configure("", "");
    try (Daemon daemon = site.start("run")) {
      startsPipeline();
      assertThat(site.get(daemon, "/analytics").status()).isEqualTo(200);
      warehouse.execute("ALTER TABLE school.orders ADD CONSTRAINT low CHECK (total < 5000)");
      source.sql("INSERT INTO orders VALUES (200, 9999)");
      warehouse.awaitValue("SELECT state FROM tidemark.table_state", "held");

      Cli.Result waited =
          cli.run("analytics", "resync", "school", "app", "public.orders", "--wait");
      assertThat(waited.exitCode()).as(waited.toString()).isEqualTo(52);
      assertThat(waited.err())
          .contains("public.orders is held: ", "violates check constraint \"low\"")
          .contains("mend the table, then run: tidemark analytics resync");

      warehouse.execute("ALTER TABLE school.orders DROP CONSTRAINT low");
      Cli.Result done = cli.run("analytics", "resync", "school", "app", "public.orders", "--wait");
      assertThat(done.exitCode()).as(done.toString()).isZero();
      assertThat(warehouse.value("SELECT total FROM school.orders WHERE id = 200"))
          .isEqualTo("9999");
    }
  }

  /** Every second, by the daemon's own scheduler; each with what was committed before. */
  @Test
  void aMaterializedViewIsRefreshedByItsSchedule() throws Exception {
    configure(
        "",
        """
        analysts:
          materialized-views:
            reports.totals: {schedule: "* * * * * ?", wait-limit: 20s, concurrently: false}
            reports.never: {schedule: none}
        """);
    log.allow("reports.totals is not refreshed for .*: the run before is not at its end");
    log.allow("reports.totals was not refreshed for .*");
    try (Daemon daemon = site.start("run")) {
      startsPipeline();
      warehouse.execute("CREATE SCHEMA reports");
      for (String view : new String[] {"totals", "never"}) {
        warehouse.execute(
            "CREATE MATERIALIZED VIEW reports.%s AS SELECT sum(total) AS total FROM school.orders"
                .formatted(view));
      }
      source.sql("UPDATE orders SET total = 1000");
      warehouse.awaitValue("SELECT total FROM reports.totals", "100000");
      assertThat(
              warehouse.value(
                  "SELECT count(*) > 0 FROM tidemark.refresh WHERE view = 'reports.totals' AND"
                      + " outcome LIKE 'refreshed%'"))
          .isEqualTo("t");
      assertThat(warehouse.value("SELECT total FROM reports.never")).isEqualTo("5050");
      String labels = "view=\"reports.totals\",";
      await()
          .atMost(LIMIT)
          .until(
              () -> {
                var failed = site.metric(daemon, Metric.ANALYTICS_REFRESH_FAILED, labels);
                return failed.isPresent() && failed.getAsDouble() == 0;
              });
    }
  }

  /** And deletes for longer than a statement may take otherwise. */
  @Test
  void aSourceIsDroppedWithoutADaemon() throws Exception {
    configure("", "");
    try (Daemon daemon = site.start("run")) {
      startsPipeline();
      assertThat(site.get(daemon, "/analytics").status()).isEqualTo(200);
    }
    warehouse.execute(
        "CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS"
            + " 'BEGIN PERFORM pg_sleep(4); RETURN NULL; END'");
    warehouse.execute(
        "CREATE TRIGGER slow BEFORE DELETE ON school.orders FOR EACH STATEMENT EXECUTE FUNCTION"
            + " slow()");
    warehouse.execute("INSERT INTO school.orders VALUES ('other', 'postgres', 1, 1)");
    configure(", statement-timeout: 2s", "");
    Cli.Result dropped =
        cli.run("analytics", "drop", "school", "app", "--delete-rows", "--yes", "--json");
    assertThat(dropped.exitCode()).as(dropped.toString()).isZero();
    assertThat(dropped.json().at("/by").asText()).isEqualTo("command");
    assertThat(dropped.json().at("/rowsDeleted").asLong()).isEqualTo(100);
    assertThat(warehouse.value("SELECT string_agg(_site, ' ') FROM school.orders"))
        .isEqualTo("other");
    assertThat(source.value("SELECT count(*) FROM pg_replication_slots")).isEqualTo("0");
    assertThat(source.value("SELECT count(*) FROM pg_publication")).isEqualTo("0");
    assertThat(warehouse.value("SELECT count(*) FROM tidemark.feed")).isEqualTo("0");
  }
}
