package io.tidemark.replicamanager;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.config.ChangeSettings;
import io.tidemark.config.SecretFile;
import io.tidemark.config.TableSettings;
import io.tidemark.postgres.HostPort;
import io.tidemark.postgres.Lsn;
import io.tidemark.postgres.PasswordSource;
import io.tidemark.postgres.PostgresEndpoint;
import io.tidemark.testing.PostgresBinaries;
import io.tidemark.testing.TestCluster;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;

/** One pipeline through its life, each step on what the one before has left. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
abstract class LogicalLife {
  private static final Duration LIMIT = Duration.ofSeconds(60);
  private static final String PASSWORD = "pa'ss wo\\rd-4711";
  private static final String SLOT = "tidemark_shop_app";

  private final int sourceMajor;
  private final int targetMajor;
  private final List<TableSettings> patterns =
      new ArrayList<>(
          List.of(
              LogicalSeen.pattern("app.customers", List.of("id", "country"), Optional.of("id > 0")),
              LogicalSeen.pattern("app.*", List.of(), Optional.empty())));
  private final FakeWishes wishes = new FakeWishes();
  private final List<LogicalReport> reports = new CopyOnWriteArrayList<>();
  private Path password;
  private TestCluster source;
  private TestCluster target;
  private LogicalManager manager;

  LogicalLife(int sourceMajor, int targetMajor) {
    this.sourceMajor = sourceMajor;
    this.targetMajor = targetMajor;
  }

  /** Wishes without a table of them. */
  static final class FakeWishes implements LogicalWishes {
    LogicalWish wish = LogicalWish.RUNNING;
    final List<Resync> asked = new ArrayList<>();
    final List<String> outcomes = new ArrayList<>();

    @Override
    public LogicalWish wish() {
      return wish;
    }

    @Override
    public List<Resync> resyncs() {
      return List.copyOf(asked);
    }

    @Override
    public void done(long id, String outcome) {
      asked.removeIf(each -> each.id() == id);
      outcomes.add(outcome);
    }
  }

  @BeforeAll
  void start(@TempDir Path directory) throws IOException {
    source =
        TestCluster.builder(PostgresBinaries.of(sourceMajor))
            .fsync(false)
            .setting("wal_level", "logical")
            .password(PASSWORD)
            .start();
    target =
        TestCluster.builder(PostgresBinaries.of(targetMajor))
            .fsync(false)
            .setting("log_statement", "all")
            .start();
    password = Files.writeString(directory.resolve("password"), PASSWORD);
    Files.setPosixFilePermissions(password, PosixFilePermissions.fromString("rw-------"));
    source.sql(
        "CREATE SCHEMA app",
        "CREATE TYPE app.mood AS ENUM ('ok', 'it''s fine')",
        "CREATE DOMAIN app.amount AS numeric(12, 2) CHECK (VALUE > 0)",
        "CREATE TYPE app.place AS (street text, rate app.amount)",
        "CREATE TABLE app.customers (id int PRIMARY KEY, email text, country text)",
        "CREATE TABLE app.orders (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,"
            + " customer int NOT NULL, total app.amount, mood app.mood, moods app.mood[],"
            + " place app.place, twice numeric GENERATED ALWAYS AS (customer * 2) STORED)",
        "CREATE TABLE app.events (at date NOT NULL, id int NOT NULL, body text,"
            + " PRIMARY KEY (id, at)) PARTITION BY RANGE (at)",
        "CREATE TABLE app.events_1 PARTITION OF app.events DEFAULT",
        "CREATE TABLE app.\"Odd \"\"name\" (\"a b\" text PRIMARY KEY, v jsonb)",
        "CREATE TABLE app.keyless (id int, body text)",
        "INSERT INTO app.customers SELECT g, 'c' || g || '@example.org', 'de'"
            + " FROM generate_series(-10, 2000) g",
        "INSERT INTO app.orders (customer, total, mood, moods, place) SELECT g, g + 0.5, 'ok',"
            + " ARRAY['ok', 'it''s fine']::app.mood[], '(\"a street\",3)'::app.place"
            + " FROM generate_series(1, 3000) g",
        "INSERT INTO app.events SELECT date '2026-01-01' + g, g, 'e' FROM generate_series(1, 50) g",
        "INSERT INTO app.\"Odd \"\"name\" VALUES ('x', '{\"y\": 1}')");
    manager = newManager();
  }

  @AfterAll
  void stop() {
    manager.close();
    target.close();
    source.close();
  }

  private LogicalManager newManager() {
    LogicalSpec spec =
        new LogicalSpec(
            LogicalSeen.pipeline(patterns, ChangeSettings.defaults()),
            endpoint(source)
                .withUser(source.user(), new PasswordSource.PasswordFile(new SecretFile(password))),
            endpoint(target),
            "tidemark");
    return new LogicalManager(spec, wishes, reports::add);
  }

  private static PostgresEndpoint endpoint(TestCluster cluster) {
    return PostgresEndpoint.to(
        new HostPort(cluster.host(), cluster.port()), "postgres", cluster.user());
  }

  private void restartManager() {
    manager.close();
    manager = newManager();
  }

  /** Steps until it stands as it is to. */
  private LogicalReport until(String word, String why) {
    return Awaitility.await()
        .atMost(LIMIT)
        .pollDelay(Duration.ZERO)
        .pollInterval(Duration.ofMillis(100))
        .failFast(
            "an action failed",
            () ->
                assertThat(reports.stream().flatMap(report -> report.failure().stream())).isEmpty())
        .until(
            () -> manager.step(),
            report ->
                !report.acting()
                    && report.decision().word().equals(word)
                    && report.decision().why().contains(why));
  }

  private LogicalReport untilItFollows() {
    // A table without a key is there from the beginning, and is left out.
    return until("nothing", "app.keyless");
  }

  private void caughtUp() {
    String now = source.value("SELECT pg_current_wal_lsn()");
    Awaitility.await()
        .atMost(LIMIT)
        .pollInterval(Duration.ofMillis(50))
        .until(
            () -> {
              manager.step();
              return source
                  .value(
                      "SELECT coalesce(bool_and(confirmed_flush_lsn >= '%s'), false)::text"
                              .formatted(now)
                          + " FROM pg_replication_slots WHERE slot_name = '"
                          + SLOT
                          + "'")
                  .equals("true");
            });
  }

  private void assertSame(String query) {
    assertThat(target.rows(query)).as(query).isEqualTo(source.rows(query));
  }

  private void assertAllSame() {
    assertSame("SELECT * FROM app.orders ORDER BY id");
    assertSame("SELECT * FROM app.events ORDER BY id");
    assertSame("SELECT * FROM app.\"Odd \"\"name\" ORDER BY 1");
    assertSame("SELECT id, country FROM app.customers WHERE id > 0 ORDER BY id");
    assertThat(target.value("SELECT count(*) FROM app.customers WHERE id <= 0")).isEqualTo("0");
  }

  @Test
  @Order(1)
  void copiesAndFollowsWhatIsPublishedAndNothingElse() {
    LogicalReport report = untilItFollows();
    source.sql(
        "UPDATE app.orders SET total = total + 1, mood = 'it''s fine' WHERE id % 3 = 0",
        "DELETE FROM app.orders WHERE id % 7 = 0",
        "UPDATE app.customers SET country = 'fr' WHERE id % 2 = 0",
        "UPDATE app.events SET at = '2027-01-01', body = NULL WHERE id = 5",
        "INSERT INTO app.\"Odd \"\"name\" VALUES ('?', '{\"?\": 1}')",
        "INSERT INTO app.keyless VALUES (1, 'a')",
        "UPDATE app.keyless SET body = 'b'");
    caughtUp();

    assertAllSame();
    assertThat(
            target.rows(
                "SELECT column_name FROM information_schema.columns"
                    + " WHERE table_name = 'customers' ORDER BY 1"))
        .containsExactly(List.of("country"), List.of("id"));
    assertThat(report.tables())
        .extracting(table -> table.name().table() + " " + table.state())
        .containsExactly(
            "Odd \"name FOLLOWING",
            "customers FOLLOWING",
            "events FOLLOWING",
            "keyless HELD",
            "orders FOLLOWING");
    assertThat(manager.step().lagBytes()).isPresent();
  }

  @Test
  @Order(2)
  void letsOneOfTwoWork() {
    try (LogicalManager second = newManager()) {
      assertThat(second.step().decision().why()).contains("another Tidemark works");
    }
  }

  @Test
  @Order(3)
  void staysFreshAndKeepsNoWalWhileOnlyOtherDatabasesAreWrittenTo() throws SQLException {
    source.sql("CREATE DATABASE elsewhere");
    try (Connection elsewhere =
            DriverManager.getConnection(source.jdbc("elsewhere"), source.user(), PASSWORD);
        Statement statement = elsewhere.createStatement()) {
      statement.execute("CREATE TABLE t AS SELECT repeat('x', 500) FROM generate_series(1, 20000)");
      statement.execute("CHECKPOINT");
    }
    Instant wrote =
        Instant.parse(
            source.value(
                "SELECT to_char(clock_timestamp() AT TIME ZONE"
                    + " 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')"));
    String end = source.value("SELECT pg_current_wal_lsn()");

    Awaitility.await()
        .atMost(LIMIT)
        .pollInterval(Duration.ofMillis(100))
        .until(
            () -> manager.measure().flatMap(LogicalReport::position).orElseThrow(),
            position ->
                position.dataAsOf().filter(at -> !at.isBefore(wrote)).isPresent()
                    && position.applied().isAtLeast(Lsn.parse(end)));
    // Decoding may begin later when the server has written down again what is running.
    Awaitility.await()
        .atMost(LIMIT)
        .until(
            () -> {
              source.sql("CHECKPOINT");
              return source
                  .value("SELECT (restart_lsn >= '" + end + "')::text FROM pg_replication_slots")
                  .equals("true");
            });
  }

  @Test
  @Order(4)
  void takesATableThatIsAddedAndLeavesOneThatIsDropped() {
    source.sql(
        "CREATE TABLE app.added (id int PRIMARY KEY, body text)",
        "INSERT INTO app.added SELECT g, 'x' FROM generate_series(1, 100) g");
    until("refresh", "app.added");
    untilItFollows();
    source.sql("UPDATE app.added SET body = 'y' WHERE id = 1");
    caughtUp();
    assertSame("SELECT * FROM app.added ORDER BY id");

    source.sql("DROP TABLE app.added");
    until("refresh", "no longer published");
    untilItFollows();
    assertThat(target.value("SELECT count(*) FROM app.added")).isEqualTo("100");
  }

  @Test
  @Order(5)
  void addsAColumnAndGoesOnWhereApplyHasStoppedOnIt() {
    source.sql(
        "ALTER TABLE app.orders ADD COLUMN note text DEFAULT 'it''s none'",
        "UPDATE app.orders SET note = 'some' WHERE id = 1");
    // Nobody has looked yet: the worker meets the column first.
    Awaitility.await()
        .atMost(LIMIT)
        .until(() -> target.value("SELECT subenabled::text FROM pg_subscription").equals("false"));
    until("alter-table", "changed");
    untilItFollows();
    caughtUp();
    assertAllSame();

    source.sql(
        "ALTER TABLE app.orders RENAME COLUMN note TO remark",
        "ALTER TABLE app.orders DROP COLUMN customer CASCADE",
        "ALTER TABLE app.events ALTER COLUMN body TYPE varchar(20)",
        "INSERT INTO app.orders (total, mood) VALUES (5, 'ok')");
    untilItFollows();
    caughtUp();
    assertSame("SELECT id, total, mood, moods, place, remark FROM app.orders ORDER BY id");
  }

  @Test
  @Order(6)
  void pausesAndGoesOnWhereItStood() {
    wishes.wish = LogicalWish.PAUSED;
    until("nothing", "paused");
    source.sql("INSERT INTO app.events VALUES ('2026-05-05', 1000, 'while paused')");
    assertThat(target.value("SELECT count(*) FROM app.events WHERE id = 1000")).isEqualTo("0");

    wishes.wish = LogicalWish.RUNNING;
    untilItFollows();
    caughtUp();
    assertSame("SELECT * FROM app.events ORDER BY id");
  }

  @Test
  @Order(7)
  void copiesOneTableAgainOnRequestAndNoOther() {
    target.sql("DELETE FROM app.orders WHERE id < 100", "DELETE FROM app.events WHERE id = 1");
    wishes.asked.add(new LogicalWishes.Resync(7, Optional.of(TableName.parse("app.orders"))));
    wishes.asked.add(new LogicalWishes.Resync(8, Optional.of(TableName.parse("app.nothing"))));
    until("resync", "by command");
    untilItFollows();
    caughtUp();

    assertSame("SELECT id, total, remark FROM app.orders ORDER BY id");
    assertThat(target.value("SELECT count(*) FROM app.events WHERE id = 1")).isEqualTo("0");
    assertThat(wishes.outcomes)
        .containsExactly(
            "it is copied again", "refused: there is no table app.nothing that the pipeline takes");
  }

  @Test
  @Order(8)
  void copiesEveryTableAgainWhereNoneIsNamed() {
    target.sql("DELETE FROM app.orders WHERE id < 50", "UPDATE app.customers SET country = 'xx'");
    wishes.asked.add(new LogicalWishes.Resync(9, Optional.empty()));
    until("resync", "every table");
    untilItFollows();
    caughtUp();

    assertSame("SELECT * FROM app.events ORDER BY id");
    assertSame("SELECT id, total, remark FROM app.orders ORDER BY id");
    assertSame("SELECT id, country FROM app.customers WHERE id > 0 ORDER BY id");
    assertThat(wishes.outcomes).last().isEqualTo("5 tables are copied again");
  }

  @Test
  @Order(9)
  void rebuildsItselfWhereTheSlotIsGone() {
    target.sql("ALTER SUBSCRIPTION " + SLOT + " DISABLE");
    Awaitility.await()
        .atMost(LIMIT)
        .until(() -> source.value("SELECT active::text FROM pg_replication_slots").equals("false"));
    source.sql(
        "SELECT pg_drop_replication_slot('" + SLOT + "')",
        "DELETE FROM app.events WHERE id = 7",
        "INSERT INTO app.events VALUES ('2026-05-05', 1001, 'in no slot')");

    until("rebuild", "has no slot");
    untilItFollows();
    caughtUp();
    assertSame("SELECT * FROM app.events ORDER BY id");
    assertSame("SELECT id, total, remark FROM app.orders ORDER BY id");
  }

  @Test
  @Order(10)
  void leavesATableThatNoPatternMatchesAnyMore() {
    patterns.set(1, LogicalSeen.pattern("app.o*", List.of(), Optional.empty()));
    restartManager();
    until("unpublish", "no pattern matches");
    until("nothing", "with 2 tables");
    source.sql("DELETE FROM app.events");
    caughtUp();

    assertThat(target.value("SELECT count(*) > 10 FROM app.events")).isEqualTo("t");
  }

  @Test
  @Order(11)
  void dropsTheSubscriptionWhileTheSourceIsDownAndTheSlotWhenItIsBack() {
    source.stop();
    wishes.wish = LogicalWish.DROPPED;
    until("wait", "whether slot and publication are left");
    assertThat(target.value("SELECT count(*) FROM pg_subscription")).isEqualTo("0");
    assertThat(target.value("SELECT count(*) > 0 FROM app.orders")).isEqualTo("t");

    source.start();
    until("nothing", "dropped");
    assertThat(source.value("SELECT count(*) FROM pg_replication_slots")).isEqualTo("0");
    assertThat(source.value("SELECT count(*) FROM pg_publication")).isEqualTo("0");
  }

  @Test
  @Order(12)
  void tellsNobodyThePassword() {
    assertThat(target.log()).contains("DROP SUBSCRIPTION").doesNotContain("4711");
    assertThat(source.log()).doesNotContain("4711");
    assertThat(reports.toString()).doesNotContain("4711");
  }
}
