package io.tidemark.daemon;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.tidemark.config.Configuration;
import io.tidemark.replicamanager.ReplicaHome;
import io.tidemark.testing.ExpectLog;
import io.tidemark.testing.LogWatch;
import io.tidemark.testing.NeedsTool;
import io.tidemark.testing.PostgresBinaries;
import java.nio.file.Files;
import java.time.Duration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** A standby becomes the target of a native pipeline, by PostgreSQL's own program. */
@NeedsTool("pg_createsubscriber")
@Timeout(300)
class AnalyticsSeedTest {
  private static final Duration LIMIT = Duration.ofSeconds(60);

  @RegisterExtension final LogWatch log = new LogWatch();

  @BeforeAll
  static void nameALauncher() {
    // No program there: the standby hears at once that the archive is not to be had, and streams.
    System.setProperty("tidemark.launcher", "/nonexistent/tidemark");
  }

  @AfterAll
  static void forgetIt() {
    System.clearProperty("tidemark.launcher");
  }

  @Test
  @ExpectLog("public.keyless is held: it has neither primary key nor replica identity")
  void aReplicaBecomesTheTargetAndNothingIsCopied() throws Exception {
    PostgresBinaries binaries = PostgresBinaries.having("pg_createsubscriber").orElseThrow();
    try (ReplicaSite site = new ReplicaSite(binaries, "logical")) {
      site.primary.sql(
          "CREATE TABLE orders (id int PRIMARY KEY, total int, secret text NOT NULL)",
          "INSERT INTO orders SELECT g, g, 'hidden' FROM generate_series(1, 1000) g",
          "CREATE TABLE items (id int PRIMARY KEY)",
          "CREATE TABLE keyless (id int)",
          "CREATE TABLE other (id int PRIMARY KEY)",
          "CREATE DATABASE elsewhere",
          "CREATE ROLE dwh LOGIN");
      site.configure("standby", "kind: read");
      ReplicaSite.require(site.cli.run("replica", "create", "standby"));
      site.settle("standby");

      refusesAnotherTarget(site);
      configure(site, site.port("standby"));
      refusesAnotherUser(site);
      assertThat(site.cli.run("analytics", "seed", "shop", "standby").exitCode())
          .as("nobody confirms it")
          .isEqualTo(2);
      assertThat(site.ask("standby", "SELECT pg_is_in_recovery()")).isEqualTo("t");
      leavesAStandbyAsItIsWhereTheProgramRefuses(site);
      breaksOffWhenItIsAServerOfItsOwn(site);
      seeds(site);
      followsWithoutACopy(site);
      isNobodysReplicaAnyMore(site);
    }
  }

  private static void configure(ReplicaSite site, int port) {
    site.sections(
        """
        analytics:
          target: {host: 127.0.0.1, port: %d, database: postgres, user: dwh}
          pipelines:
            shop:
              engine: native
              heartbeat: 200ms
              sources: {app: {cluster: shop, database: postgres}}
              tables:
                public.orders: {columns: [id, total]}
                public.i*: {}
                public.keyless: {}
        """
            .formatted(port));
  }

  private static void refusesAnotherTarget(ReplicaSite site) {
    configure(site, 1);
    Cli.Result refused = site.cli.run("analytics", "seed", "shop", "standby", "--yes");
    assertThat(refused.exitCode()).isNotZero();
    assertThat(refused.err())
        .contains("expected postgres at 127.0.0.1:" + site.port("standby"))
        .contains("Set analytics.target");
    assertThat(site.ask("standby", "SELECT pg_is_in_recovery()")).isEqualTo("t");
  }

  private static void refusesAnotherUser(ReplicaSite site) {
    Cli.Result refused = site.cli.run("analytics", "seed", "shop", "standby", "--yes");
    assertThat(refused.err()).contains("analytics.target.user is dwh; expected");
    site.primary.sql("ALTER ROLE dwh SUPERUSER");
    site.settle("standby");
    ReplicaSite.await(
        () ->
            site.ask("standby", "SELECT rolsuper FROM pg_roles WHERE rolname = 'dwh'").equals("t"));
  }

  /** Whatever the reason: here its session may not write. */
  private static void breaksOffWhenItIsAServerOfItsOwn(ReplicaSite site) {
    site.primary.sql("ALTER ROLE dwh SET default_transaction_read_only = on");
    Cli.Result broken = site.cli.run("analytics", "seed", "shop", "standby", "--yes");
    assertThat(broken.exitCode()).as(broken.toString()).isNotZero();
    assertThat(site.ask("standby", "SELECT pg_is_in_recovery()")).isEqualTo("f");
    assertThat(site.ask("standby", "SELECT to_regnamespace('tidemark') IS NULL")).isEqualTo("t");
    site.run("standby", "ALTER ROLE dwh RESET ALL");
  }

  private static void leavesAStandbyAsItIsWhereTheProgramRefuses(ReplicaSite site) {
    String free =
        "generate_series(1, current_setting('max_replication_slots')::int"
            + " - (SELECT count(*) FROM pg_replication_slots)::int)";
    site.primary.sql(
        "SELECT pg_create_physical_replication_slot('full_' || g) FROM " + free + " g");
    Cli.Result refused = site.cli.run("analytics", "seed", "shop", "standby", "--yes");
    site.primary.sql(
        "SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots"
            + " WHERE slot_name LIKE 'full%'");

    assertThat(refused.exitCode()).as(refused.toString()).isNotZero();
    assertThat(refused.err())
        .contains("pg_createsubscriber --dry-run ended with exit code 1", "replication slot")
        .contains("the standby goes on");
    assertThat(site.ask("standby", "SELECT pg_is_in_recovery()")).isEqualTo("t");
    assertThat(site.cli.run("replica", "status", "standby").out()).doesNotContain("promoted");
  }

  private static void seeds(ReplicaSite site) {
    Cli.Result done = site.cli.run("analytics", "seed", "shop", "standby", "--yes", "--json");
    assertThat(done.exitCode()).as(done.toString()).isZero();
    JsonNode report = done.json();
    assertThat(report.at("/tables").toString()).isEqualTo("[\"public.items\",\"public.orders\"]");
    assertThat(report.at("/left").toString())
        .contains("public.orders.secret, which is not among the columns: ALTER TABLE")
        .contains("public.other, which no pattern matches: DROP TABLE")
        .contains("public.keyless, which is held: it has neither primary key")
        .contains("the database elsewhere: DROP DATABASE");
    assertThat(site.ask("standby", "SELECT pg_is_in_recovery()")).isEqualTo("f");
    assertThat(site.primary.value("SELECT string_agg(slot_name, ',') FROM pg_replication_slots"))
        .as("that of the standby is gone")
        .doesNotContain("standby")
        .contains("tidemark_shop_app");
    assertThat(site.primary.value("SELECT bool_or(puballtables)::text FROM pg_publication"))
        .isEqualTo("false");
  }

  private static void followsWithoutACopy(ReplicaSite site) throws InterruptedException {
    AnalyticsPlan plan =
        AnalyticsPlan.of(Configuration.load(site.cli.config())).values().iterator().next();
    try (AnalyticsEngine engine = AnalyticsEngine.of(plan)) {
      steps(engine, "it follows the source with 2 tables");
      site.primary.sql(
          "UPDATE orders SET total = -1 WHERE id = 7",
          "INSERT INTO orders VALUES (2000, 1, 'hidden')",
          "INSERT INTO items VALUES (1)",
          "INSERT INTO other VALUES (1)");
      awaitValue(site, "SELECT total FROM orders WHERE id = 7", "-1");
      awaitValue(site, "SELECT count(*) FROM items", "1");
      awaitValue(site, "SELECT count(*) FROM orders", "1001");
      assertThat(site.ask("standby", "SELECT secret FROM orders WHERE id = 2000"))
          .as("it is not sent")
          .isEqualTo("null");
      assertThat(site.ask("standby", "SELECT count(*) FROM other")).isEqualTo("0");
      assertThat(site.ask("standby", "SELECT max(secret) FROM orders"))
          .as("nothing was emptied and copied")
          .isEqualTo("hidden");
      assertThat(site.ask("standby", "SELECT subdisableonerr FROM pg_subscription")).isEqualTo("t");
      assertThat(engine.report().dataAsOf()).isPresent();
    }
    assertThat(site.cli.run("analytics", "verify", "shop").exitCode()).isZero();
  }

  /** Takes turns until it stands as it is to. */
  private static void steps(AnalyticsEngine engine, String why) {
    await()
        .atMost(LIMIT)
        .pollInterval(Duration.ofMillis(50))
        .until(
            () -> {
              engine.step();
              return engine.report().why().contains(why);
            });
  }

  private static void awaitValue(ReplicaSite site, String query, String wanted) {
    await().atMost(LIMIT).until(() -> site.ask("standby", query).equals(wanted));
  }

  private static void isNobodysReplicaAnyMore(ReplicaSite site) {
    assertThat(Files.exists(site.directory("standby").resolve(ReplicaHome.MARKER))).isFalse();
    Cli.Result again = site.cli.run("analytics", "seed", "shop", "standby", "--yes");
    assertThat(again.exitCode()).isNotZero();
    assertThat(again.err()).contains("was not made by Tidemark for the replica standby");
    assertThat(site.ask("standby", "SELECT count(*) FROM orders")).isEqualTo("1001");
  }
}
