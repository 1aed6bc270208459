package io.tidemark.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.tidemark.daemon.Cli.Result;
import io.tidemark.postgres.Lsn;
import io.tidemark.testing.PostgresBinaries;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The delayed standby as an instrument, from the command line, on real servers. */
final class DelayedStandbyTest {
  private static final PostgresBinaries BINARIES =
      PostgresBinaries.debian().orElseGet(() -> PostgresBinaries.of(17));
  private static ReplicaSite site;
  private static Cli cli;
  private static int tables;

  private final String table = "orders_" + ++tables;

  @BeforeAll
  static void start() {
    // No program there: the standby hears at once that the archive is not to be had, and streams.
    System.setProperty("tidemark.launcher", "/nonexistent/tidemark");
    site = new ReplicaSite(BINARIES);
    cli = site.cli;
  }

  @AfterAll
  static void stop() {
    System.clearProperty("tidemark.launcher");
    site.close();
  }

  private void makeTable(String... replicas) {
    site.primary.sql(
        "CREATE TABLE %s (id int PRIMARY KEY, item text NOT NULL, price numeric(8,2))"
            .formatted(table),
        "INSERT INTO %s SELECT n, 'item ' || n || E'\\t\\\\', n / 4.0 FROM generate_series(1, 1000) n"
            .formatted(table));
    site.settle(replicas);
  }

  private static Result succeed(String... args) {
    Result result = cli.run(args);
    assertThat(result.exitCode()).describedAs("%s", result).isZero();
    return result;
  }

  private String digest(String name) {
    return "SELECT count(*) || md5(string_agg(t::text, ';' ORDER BY id)) FROM " + name + " t";
  }

  @Test
  void advancesToJustBeforeADropAndGivesTheTableBack() throws IOException {
    site.delayed("later", "1h");
    makeTable();
    String content = site.primary.value(digest(table));
    long xid = site.drop(table, "later");
    site.primary.sql("CREATE TABLE after_" + table + " ()");
    site.settle("later");
    assertThat(site.hasTable("later", table)).isFalse();
    String target = Long.toString(xid);

    Result unconfirmed = cli.run("replica", "advance", "later", "--before-xid", target);
    assertThat(unconfirmed.exitCode()).isEqualTo(2);
    assertThat(unconfirmed.out()).contains("just before transaction " + xid);
    assertThat(site.hasTable("later", table)).isFalse();

    JsonNode moment =
        succeed("replica", "advance", "later", "--before-xid", target, "--yes", "--json").json();
    assertThat(moment.get("paused").asBoolean()).isTrue();
    assertThat(site.ask("later", digest(table))).isEqualTo(content);
    assertThat(site.hasTable("later", "after_" + table)).isFalse();
    JsonNode again =
        succeed("replica", "advance", "later", "--before-xid", target, "--yes", "--json").json();
    assertThat(again.get("replayed")).isEqualTo(moment.get("replayed"));

    extractsIntoFiles(content, moment.get("replayed").asText());
    extractsIntoServers(content);

    assertThat(succeed("replica", "status", "later").out()).contains("held-at: just before");
    assertThat(cli.run("replica", "advance", "later", "--xid", "3", "--yes").exitCode())
        .isEqualTo(40);
    JsonNode promoted = succeed("replica", "promote", "later", "--yes", "--json").json();
    assertThat(promoted.get("extent").asText()).isEqualTo("at-target");
    assertThat(promoted.get("timeline").asText()).isEqualTo("2");
    assertThat(site.ask("later", "SELECT pg_is_in_recovery()")).isEqualTo("f");
    assertThat(site.ask("later", digest(table))).isEqualTo(content);
    assertThat(site.directory("later").resolve("postgresql.auto.conf"))
        .content()
        .doesNotContain("recovery_target_lsn");
    assertThat(
            succeed("replica", "promote", "later", "--yes", "--json").json().get("extent").asText())
        .isEqualTo("done");
    assertThat(cli.run("replica", "resume", "later", "--yes").exitCode()).isEqualTo(21);
  }

  private void extractsIntoFiles(String content, String moment) throws IOException {
    Path file = site.home.path().resolve(table + ".dump");
    String name = "public." + table;
    JsonNode dump =
        succeed("replica", "extract", "later", name, "--into", file.toString(), "--json").json();
    assertThat(dump.get("rows").asLong()).isEqualTo(1000);
    assertThat(dump.get("replayed").asText()).isEqualTo(moment);
    assertThat(file).isRegularFile();
    assertThat(cli.run("replica", "extract", "later", name, "--into", file.toString()).exitCode())
        .isEqualTo(42);
    if (BINARIES.has("pg_dump")) {
      assertThat(dump.get("method").asText()).isEqualTo("pg-dump");
      assertThat(BINARIES.run("pg_restore", "-l", readable(file)))
          .contains("TABLE DATA public " + table);
    }
    Path copy = site.home.path().resolve(table + ".copy");
    Result copied =
        succeed(
            "replica",
            "extract",
            "later",
            name,
            "--as",
            "public.copied",
            "--into",
            copy.toString());
    assertThat(copied.out()).contains("1000 rows").contains("as of " + moment);
    assertThat(Files.readAllLines(copy)).hasSize(1000).contains("7\titem 7\\t\\\\\t1.75");
    assertThat(Path.of(copy + ".sql"))
        .content()
        .contains("CREATE TABLE \"public\".\"copied\"", "\"price\" numeric(8,2)", "PRIMARY KEY");
    assertThat(content).startsWith("1000");
  }

  private static Path readable(Path file) {
    io.tidemark.testing.OsUser.own(file);
    return file;
  }

  private void extractsIntoServers(String content) {
    site.primary.sql("DROP DATABASE IF EXISTS rescue", "CREATE DATABASE rescue");
    String rescue = server("rescue");
    String name = "postgres.public." + table;
    succeed("replica", "extract", "later", name, "--into", rescue);
    succeed(
        "replica",
        "extract",
        "later",
        name,
        "--into",
        server("postgres"),
        "--as",
        "saved." + table);
    assertThat(site.primary.value(digest("saved." + table))).isEqualTo(content);
    Result twice = cli.run("replica", "extract", "later", name, "--into", rescue);
    assertThat(twice.exitCode()).isEqualTo(21);
    assertThat(twice.err()).contains("already exists");
    succeed("replica", "extract", "later", name, "--into", rescue, "--as", "other.name");
    Result copiedTwice =
        cli.run("replica", "extract", "later", name, "--into", rescue, "--as", "other.name");
    assertThat(copiedTwice.exitCode()).isEqualTo(21);
    assertThat(copiedTwice.err()).contains("already exists");
    assertThat(cli.run("replica", "extract", "later", "nothing.here", "--into", rescue).exitCode())
        .isEqualTo(40);
  }

  private static String server(String database) {
    return "host=127.0.0.1 port=%d dbname=%s user=%s"
        .formatted(site.primary.port(), database, site.primary.user());
  }

  @Test
  void isPromotedWhereItStandsWithoutTheDropThatItHasReceived() {
    site.delayed("waiting", "1h");
    makeTable("waiting");
    // What is committed before its delay is over is not visible there: it is advanced to have it.
    String here = site.settle("waiting").toString();
    succeed("replica", "advance", "waiting", "--lsn", here, "--yes");
    succeed("replica", "resume", "waiting", "--yes");
    site.drop(table, "waiting");
    assertThat(site.hasTable("waiting", table)).isTrue();

    Result promoted = succeed("replica", "promote", "waiting", "--yes", "--json");

    assertThat(promoted.err()).contains("those transactions are lost to it");
    assertThat(promoted.json().get("extent").asText()).isEqualTo("as-it-stands");
    assertThat(site.ask("waiting", "SELECT pg_is_in_recovery()")).isEqualTo("f");
    assertThat(site.ask("waiting", "SELECT count(*) FROM " + table)).isEqualTo("1000");
  }

  @Test
  void isPromotedWithEverythingWhereThatIsAskedFor() {
    site.delayed("all", "1h");
    makeTable("all");
    site.drop(table, "all");
    makeTable("all");
    succeed("replica", "pause", "all");

    JsonNode promoted = succeed("replica", "promote", "all", "--latest", "--yes", "--json").json();

    assertThat(promoted.get("extent").asText()).isEqualTo("everything");
    assertThat(site.ask("all", "SELECT count(*) FROM " + table)).isEqualTo("1000");
  }

  @Test
  void goesOnFromWhereItWasAdvancedTo() {
    site.delayed("soon", "1s");
    makeTable("soon");
    ReplicaSite.await(() -> site.hasTable("soon", table));
    assertThat(succeed("replica", "pause", "soon", "--json").json().get("still").asBoolean())
        .isTrue();
    String before = site.primary.value("SELECT clock_timestamp() AT TIME ZONE 'UTC'") + "Z";
    site.drop(table, "soon");

    JsonNode moment =
        succeed("replica", "advance", "soon", "--time", before, "--yes", "--json").json();
    assertThat(site.hasTable("soon", table)).isTrue();
    assertThat(Lsn.parse(moment.get("targetLsn").asText()))
        .isGreaterThanOrEqualTo(Lsn.parse(moment.get("replayed").asText()));

    succeed("replica", "resume", "soon", "--yes");
    ReplicaSite.await(() -> !site.hasTable("soon", table));
  }

  @Test
  void staysPausedWhenItsServerIsStartedAgain() {
    site.delayed("still", "1s");
    makeTable("still");
    ReplicaSite.await(() -> site.hasTable("still", table));
    succeed("replica", "pause", "still");
    site.drop(table, "still");
    site.stop("still");

    // What the daemon does, until it has nothing to do.
    JsonNode created = succeed("replica", "create", "still", "--json").json();

    assertThat(created.at("/status/wish").asText()).isEqualTo("paused");
    assertThat(site.ask("still", "SELECT pg_get_wal_replay_pause_state()"))
        .isNotEqualTo("not paused");
    succeed("replica", "resume", "still", "--yes");
    ReplicaSite.await(() -> !site.hasTable("still", table));
  }

  @Test
  void isHeldAlsoWhereACommandWasKilledBeforeItWroteTheTarget() throws IOException {
    site.delayed("killed", "1h");
    makeTable("killed");
    String xid = Long.toString(site.drop(table, "killed"));
    String target =
        succeed("replica", "advance", "killed", "--before-xid", xid, "--yes", "--json")
            .json()
            .get("targetLsn")
            .asText();
    site.stop("killed");
    Path settings = site.directory("killed").resolve("postgresql.auto.conf");
    Files.write(
        settings,
        Files.readAllLines(settings).stream()
            .filter(line -> !line.startsWith("recovery_target_"))
            .toList());

    // What the daemon does, until it has nothing to do.
    JsonNode created = succeed("replica", "create", "killed", "--json").json();

    assertThat(created.at("/status/wish").asText()).isEqualTo("held-at");
    assertThat(site.ask("killed", "SHOW recovery_target_lsn")).isEqualTo(target);
    succeed("replica", "advance", "killed", "--before-xid", xid, "--yes");
    assertThat(site.hasTable("killed", table)).isTrue();
    assertThat(site.ask("killed", "SELECT count(*) FROM " + table)).isEqualTo("1000");
    succeed("replica", "advance", "killed", "--xid", xid, "--yes");
    assertThat(site.hasTable("killed", table)).isFalse();
  }

  @Test
  void refusesWhatIsBehindItAndWhatNobodyKnows() {
    site.delayed("refusing", "1h");
    makeTable("refusing");
    String somewhere = site.settle("refusing").toString();
    succeed("replica", "advance", "refusing", "--lsn", somewhere, "--yes");
    String stands = site.ask("refusing", "SELECT pg_last_wal_replay_lsn()");

    for (List<String> target :
        List.of(
            List.of("--lsn", "0/1000028"),
            List.of("--lsn", "FF/0"),
            List.of("--xid", "4000000"),
            List.of("--before-xid", "4000000"),
            List.of("--name", "nowhere"),
            List.of("--time", "2026-01-01 00:00:00Z"),
            List.of("--time", "2099-01-01 00:00:00Z"))) {
      Result refused =
          cli.run(
              "replica", "advance", "refusing", target.get(0), target.get(1), "--yes", "--json");
      assertThat(refused.exitCode()).describedAs("%s: %s", target, refused).isEqualTo(40);
      assertThat(refused.json().at("/error/code").asText()).isEqualTo("TARGET_UNREACHABLE");
    }
    assertThat(site.ask("refusing", "SELECT pg_last_wal_replay_lsn()")).isEqualTo(stands);

    succeed("replica", "resume", "refusing", "--yes");
    Result moving =
        cli.run("replica", "extract", "refusing", "public." + table, "--into", "/nonexistent/x");
    assertThat(moving.exitCode()).isEqualTo(21);
    assertThat(moving.err()).contains("replica pause refusing");
    assertThat(cli.run("replica", "advance", "refusing").exitCode()).isEqualTo(2);
  }

  @Test
  void goesToARestorePointAndIsThenDroppedWithItsSlot() {
    site.delayed("gone", "1h", "slot: tidemark_replica_gone");
    makeTable("gone");
    site.primary.sql("SELECT pg_create_restore_point('mark " + table + "')");
    site.drop(table, "gone");
    succeed("replica", "advance", "gone", "--name", "mark " + table, "--yes");
    assertThat(site.hasTable("gone", table)).isTrue();
    JsonNode rows = succeed("slot", "list", "shop", "--json").json().get("slots");
    assertThat(rows.findValuesAsText("slot")).contains("tidemark_replica_gone");
    assertThat(cli.run("slot", "drop", "shop", "tidemark_replica_gone", "--yes").exitCode())
        .isEqualTo(24);

    JsonNode dropped =
        succeed("replica", "drop", "gone", "--delete-directory", "--yes", "--json").json();

    assertThat(dropped.get("slotDropped").asBoolean()).isTrue();
    assertThat(site.directory("gone")).doesNotExist();
    assertThat(
            site.primary.value(
                "SELECT count(*) FROM pg_replication_slots"
                    + " WHERE slot_name = 'tidemark_replica_gone'"))
        .isEqualTo("0");
  }

  @Test
  void dropsAnOrphanOnlyByCommand() {
    site.primary.sql("SELECT pg_create_physical_replication_slot('tidemark_orphan', true)");
    Result listed = succeed("slot", "list", "shop");
    assertThat(listed.out()).contains("tidemark slot drop shop tidemark_orphan");
    assertThat(cli.run("slot", "drop", "shop", "tidemark_orphan").exitCode()).isEqualTo(2);
    assertThat(cli.run("slot", "drop", "shop", "nothing", "--yes").exitCode()).isEqualTo(24);

    JsonNode dropped = succeed("slot", "drop", "shop", "tidemark_orphan", "--yes", "--json").json();

    assertThat(dropped.get("slot").asText()).isEqualTo("tidemark_orphan");
    assertThat(succeed("slot", "list", "shop").out()).doesNotContain("tidemark_orphan");
  }

  @Test
  void makesAReadReplicaWithItsRoleAndIsSeenInStatusAndCheck() {
    site.configure(
        "reports",
        "kind: read",
        "read: {policy: queries, role: {name: metabase, clients: [10.0.0.0/8]}}");

    Result created = succeed("replica", "create", "reports");

    assertThat(created.out())
        .contains("The role metabase is on the primary", "host all metabase 10.0.0.0/8");
    assertThat(site.primary.value("SELECT rolconnlimit FROM pg_roles WHERE rolname = 'metabase'"))
        .isEqualTo("20");
    JsonNode status = succeed("status", "shop", "--json").json();
    assertThat(status.at("/clusters/0/replicas").findValuesAsText("replica")).contains("reports");
    assertThat(succeed("replica", "list").out()).contains("reports");
    Result check = cli.run("check", "shop");
    assertThat(check.out())
        .contains("replica reports: its slot tidemark_replica_reports is active");
    assertThat(succeed("replica", "rebuild", "reports", "--yes", "--json").json().get("standby"))
        .isNotNull();
    succeed("replica", "drop", "reports", "--yes");
    assertThat(site.directory("reports")).exists();
  }
}
