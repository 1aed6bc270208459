package io.tidemark.analytics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.tidemark.postgres.Lsn;
import io.tidemark.testing.AnalyticsCheckedTable;
import io.tidemark.testing.AnalyticsChecker;
import io.tidemark.testing.AnalyticsInvariants;
import io.tidemark.testing.AnalyticsWorkload;
import io.tidemark.testing.TemporaryDirectory;
import io.tidemark.testing.TestCluster;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One source with a workload, two pipelines and the analytics database: {@code school} mirrors all
 * tables, {@code past} keeps every version of customers, masked, and marks deleted orders. Their
 * feeds run in a process of its own. All three may be killed at any time.
 */
final class ChaosSite implements AutoCloseable {
  static final List<String> PIPELINES = List.of("school", "past");
  private static final int TABLES = 12;
  private static final Duration LIMIT = Duration.ofMinutes(3);

  /** Rows with which a copy takes more than one range. */
  private static final int BALLAST = 20_000;

  private static final String NOT_LEVEL =
      "SELECT pipeline, source_table, state, role, note FROM tidemark.table_state"
          + " WHERE state <> 'streaming' OR role <> 'main'";

  final TestCluster source;
  final TestCluster target;
  final AnalyticsWorkload workload;
  final FeedProcess process;
  private final AnalyticsInvariants invariants;
  private final TemporaryDirectory home = TemporaryDirectory.create("tidemark-chaos-");

  ChaosSite(TestCluster source, TestCluster target, AnalyticsWorkload workload) {
    this.source = source;
    this.target = target;
    this.workload = workload;
    target.sql("CREATE DATABASE warehouse");
    ballast();
    try {
      Path file = home.path().resolve("tidemark.yaml");
      Files.writeString(file, configuration());
      this.process =
          FeedProcess.start(
              file, home.path().resolve("feeds.log"), "-Xmx128m", "-XX:TieredStopAtLevel=1");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    this.invariants =
        AnalyticsInvariants.in(target, "warehouse", "school")
            .source(Warehouse.SITE, workload.balance());
  }

  private void ballast() {
    Warehouse.sql(
        source,
        "INSERT INTO shop.customers SELECT -i, 'b' || i || '@bulk.example', repeat('n', 80), NULL,"
            + " 'FR', NULL, -i, now() FROM generate_series(1, %d) i".formatted(BALLAST),
        "INSERT INTO shop.log SELECT 0, repeat('l', 100), NULL FROM generate_series(1, %d)"
            .formatted(BALLAST),
        "INSERT INTO shop.events SELECT -i, '2026-01-01Z'::timestamptz + i * interval '1 s', 'b', 0,"
            + " to_jsonb(repeat('d', 2500)) FROM generate_series(1, %d) i".formatted(BALLAST / 20));
  }

  private String configuration() {
    return """
    repositories: {r: {type: posix, path: /nonexistent}}
    clusters:
      one: {repository: r, connection: {host: 127.0.0.1, port: %d, user: postgres}}
    analytics:
      target: {host: 127.0.0.1, port: %d, database: warehouse, user: postgres}
      spool-directory: %s
      memory: 64MiB
      pipelines:
        school:
          schema: school
          heartbeat: 200ms
          copy: {range: 1MiB, rate: 4MiB/s}
          sources: {one: {cluster: one, database: app}}
          tables:
    %s    past:
          schema: past
          heartbeat: 200ms
          copy: {range: 1MiB, rate: 4MiB/s}
          sources: {one: {cluster: one, database: app}}
          tables:
            shop.customers:
              columns: [id, email, name, phone, country, born, position, updated_at]
              masks: {email: keep-domain}
              mode: history
            shop.orders:
              columns: [id, shop, no, customer_id, total, created_at]
              mode: soft-delete
    """
        .formatted(source.port(), target.port(), spool(), FeedTest.WORKLOAD_TABLES.indent(8));
  }

  Path spool() {
    return home.path().resolve("spool");
  }

  /** Whole transactions, each once, wherever the mirrored tables are said to follow. */
  void look() {
    if (follows()) {
      List<String> violations = invariants.violations();
      if (follows()) {
        assertThat(violations).isEmpty();
      }
    }
    assertThat(process.isAlive()).as(process.logTail()).isTrue();
  }

  private boolean follows() {
    return isStateThere()
        && value(
                "SELECT count(*) FROM tidemark.table_state t JOIN tidemark.feed f USING (pipeline,"
                    + " source, role) WHERE pipeline = 'school' AND role = 'main' AND source_table"
                    + " IN ('shop.ledger', 'shop.tally', 'shop.accounts') AND state = 'streaming'"
                    + " AND coalesce(skip_until, '0/0') <= applied_lsn")
            .equals("3");
  }

  private boolean isStateThere() {
    return !rows("SELECT FROM pg_class WHERE relname = 'verification'").isEmpty();
  }

  /** The workload must be paused. */
  void check() {
    awaitLevel();
    look();
    AnalyticsChecker checker = AnalyticsChecker.between(source, "app", target, "warehouse");
    assertThat(checker.differences(checks())).as(this::story).isEmpty();
    assertThat(
            rows(
                "SELECT * FROM (SELECT id, _valid_from, _valid_to, lag(coalesce(_valid_to,"
                    + " 'infinity')) OVER (PARTITION BY id ORDER BY _valid_from, _valid_to) AS before"
                    + " FROM past.customers) v WHERE before > _valid_from"))
        .as("versions that overlap")
        .isEmpty();
    assertThat(process.log()).doesNotContain(" ERROR ");
  }

  private List<AnalyticsCheckedTable> checks() {
    List<AnalyticsCheckedTable> checks = new ArrayList<>(workload.checks("school", Warehouse.SITE));
    checks.add(
        AnalyticsCheckedTable.of("shop.customers", "past.customers")
            .columns("id", "email", "name", "phone", "country", "born", "position", "updated_at")
            .column("email", "split_part(email, '@', 2)")
            .keyedBy("id")
            .targetWhere(Warehouse.SITE + " AND _valid_to IS NULL"));
    checks.add(
        AnalyticsCheckedTable.of("shop.orders", "past.orders")
            .columns("id", "shop", "no", "customer_id", "total", "created_at")
            .keyedBy("id")
            .targetWhere(Warehouse.SITE + " AND _deleted_at IS NULL"));
    return checks;
  }

  void awaitLevel() {
    Lsn goal = Lsn.parse(source.value("SELECT pg_current_wal_lsn()"));
    await()
        .atMost(LIMIT)
        .pollInterval(Duration.ofMillis(50))
        .failFast("the feeds have ended", () -> !process.isAlive())
        .conditionEvaluationListener(
            condition -> {
              if (condition.getRemainingTimeInMS() < 200 && !condition.isSatisfied()) {
                throw new AssertionError(story());
              }
            })
        .until(() -> isLevel(goal));
  }

  private boolean isLevel(Lsn goal) {
    return isStateThere()
        && value(
                """
                SELECT count(*) FROM tidemark.feed f JOIN tidemark.table_state t
                    USING (pipeline, source, role)
                 WHERE role = 'main' AND state = 'streaming' AND applied_lsn >= '%s'
                """
                    .formatted(goal))
            .equals("" + TABLES);
  }

  /** Whether a table is being copied or waits for it. */
  boolean isCopying() {
    return !isStateThere()
        || rows(NOT_LEVEL).stream().anyMatch(row -> !"catching-up".equals(row.get(2)))
        || rows("SELECT FROM tidemark.feed WHERE copied").isEmpty();
  }

  /** Whether a range of any table is copied, and not all are. */
  boolean hasCopyBegun() {
    return isStateThere() && !rows("SELECT FROM tidemark.copy_range LIMIT 1").isEmpty();
  }

  String story() {
    return "%s%n%s%n%s"
        .formatted(rows(NOT_LEVEL), rows("SELECT * FROM tidemark.feed"), process.logTail());
  }

  /** Asks for a table, or all, to be brought in again. */
  void resync(String pipeline, String table) {
    sql(
        "INSERT INTO tidemark.request (pipeline, source, kind, detail) VALUES ('%s', 'one',"
                .formatted(pipeline)
            + " 'resync', '%s')".formatted(table));
  }

  void sql(String statement) {
    Warehouse.in(target, "warehouse", statement + " RETURNING 1");
  }

  List<List<@Nullable String>> rows(String query) {
    return Warehouse.in(target, "warehouse", query);
  }

  String value(String query) {
    return String.valueOf(rows(query).getFirst().getFirst());
  }

  @Override
  public void close() {
    process.close();
    home.close();
  }
}
