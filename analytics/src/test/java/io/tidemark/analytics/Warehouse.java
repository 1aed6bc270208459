package io.tidemark.analytics;

import static org.awaitility.Awaitility.await;

import io.tidemark.config.Configuration;
import io.tidemark.config.TidemarkException;
import io.tidemark.postgres.Lsn;
import io.tidemark.testing.PostgresBinaries;
import io.tidemark.testing.TemporaryDirectory;
import io.tidemark.testing.TestCluster;
import io.tidemark.testing.TestClusterBuilder;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import org.awaitility.core.ConditionTimeoutException;
import org.awaitility.core.TerminalFailureException;
import org.jspecify.annotations.Nullable;

/**
 * An analytics database and the sources that feed it, with a pipeline {@code school} whose feeds
 * run as a daemon would run them. Closing it ends the feeds; the clusters are the caller's.
 */
final class Warehouse implements AutoCloseable {
  static final String SITE = "_site = 'one' AND _database = 'app'";

  /**
   * Drops all slots of a source; waits until their walsenders, whose clients have gone, have let go
   * of them.
   */
  static final String SLOT_GONE =
      """
      DO $$
      BEGIN
        FOR i IN 1 .. 300 LOOP
          EXIT WHEN NOT EXISTS (SELECT FROM pg_replication_slots WHERE active);
          PERFORM pg_sleep(0.1);
        END LOOP;
        PERFORM pg_drop_replication_slot(slot_name) FROM pg_replication_slots;
      END $$""";

  private static final Duration LIMIT = Duration.ofMinutes(2);
  private static final int MANY_FAILURES = 30;

  /** Sooner than a daemon looks. */
  private static final FeedTimes TIMES =
      new FeedTimes(Duration.ofMillis(250), Duration.ofMillis(500), Duration.ofSeconds(1));

  private final TestCluster target;
  private final TemporaryDirectory home = TemporaryDirectory.create("tidemark-warehouse-");
  private final Map<String, TestCluster> sources = new LinkedHashMap<>();
  private final Map<String, String> sourceKeys = new LinkedHashMap<>();
  private final Map<String, Runner> runners = new LinkedHashMap<>();
  private final Map<String, Integer> ports = new LinkedHashMap<>();
  private ValueForm best = ValueForm.BINARY;
  private String heartbeat = "200ms";
  private String tables = "";
  private String more = "";
  private String analytics = "";

  /** Takes the turns of one feed. */
  private static final class Runner implements AutoCloseable {
    final Feed feed;
    final List<TidemarkException> failures = new CopyOnWriteArrayList<>();
    final Thread thread;
    volatile boolean closing;
    volatile @Nullable Throwable defect;

    Runner(FeedSpec spec, ValueForm best) {
      this.feed = new Feed(spec, TIMES, new DecodingMode(best));
      this.thread = Thread.ofPlatform().daemon().name("feed-" + spec.name()).start(this::run);
    }

    private void run() {
      try {
        while (!closing) {
          try {
            Duration pause = feed.step();
            Thread.sleep(pause.dividedBy(10));
          } catch (TidemarkException e) {
            failures.add(e);
            Thread.sleep(200);
          }
        }
      } catch (InterruptedException e) {
        closing = true;
      } catch (RuntimeException | Error e) {
        defect = e;
      }
    }

    @Override
    public void close() {
      closing = true;
      feed.end();
      try {
        thread.join(Duration.ofMinutes(1));
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
      feed.close();
    }
  }

  Warehouse(TestCluster target) {
    this.target = target;
    if (target.rows("SELECT FROM pg_database WHERE datname = 'warehouse'").isEmpty()) {
      target.sql("CREATE DATABASE warehouse");
    }
  }

  /** A cluster that can be a source, with a database {@code app}. */
  static TestCluster source(int major) {
    TestCluster cluster = sourceBuilder(major).start();
    cluster.sql("CREATE DATABASE app");
    return cluster;
  }

  static TestClusterBuilder sourceBuilder(int major) {
    return TestCluster.builder(PostgresBinaries.of(major))
        .setting("wal_level", "logical")
        .setting("max_replication_slots", "20")
        .setting("max_wal_senders", "20")
        .fsync(false);
  }

  /** With a site of that name whose database is {@code app}. */
  Warehouse with(String site, TestCluster source) {
    sources.put(site, source);
    return this;
  }

  /** With a port in between, such as a proxy's. */
  Warehouse with(String site, TestCluster source, int port) {
    ports.put(site, port);
    return with(site, source);
  }

  /** The form of values where all tables allow it. */
  Warehouse form(ValueForm form) {
    best = form;
    return this;
  }

  /** In which form the values of a feed's stream come that was opened last. */
  Optional<ValueForm> form(String site) {
    return feed(site).feed.form();
  }

  /** Instead of five in a second. */
  Warehouse heartbeat(String period) {
    heartbeat = period;
    return this;
  }

  /** More keys of a source, on one line. */
  Warehouse source(String site, String yaml) {
    sourceKeys.put(site, yaml);
    return this;
  }

  /** The section {@code tables:}, each line of it without indentation of its own. */
  Warehouse tables(String yaml) {
    tables = yaml;
    return this;
  }

  /** More keys of the pipeline. */
  Warehouse pipeline(String yaml) {
    more = yaml;
    return this;
  }

  /** More keys of the section {@code analytics}. */
  Warehouse analytics(String yaml) {
    analytics = yaml;
    return this;
  }

  Path spool() {
    return home.path().resolve("spool");
  }

  Path home() {
    return home.path();
  }

  Configuration configuration() {
    StringBuilder yaml =
        new StringBuilder("repositories: {r: {type: posix, path: /nonexistent}}\n");
    yaml.append("clusters:\n");
    sources.forEach(
        (site, source) ->
            yaml.append(
                "  %s: {repository: r, connection: {host: 127.0.0.1, port: %d, user: postgres}}\n"
                    .formatted(site, ports.getOrDefault(site, source.port()))));
    yaml.append("analytics:\n");
    yaml.append(
        "  target: {host: 127.0.0.1, port: %d, database: warehouse, user: postgres}\n"
            .formatted(target.port()));
    yaml.append("  spool-directory: ").append(spool()).append('\n');
    yaml.append(analytics.indent(2));
    yaml.append("  pipelines:\n    school:\n      schema: school\n      heartbeat: ");
    yaml.append(heartbeat).append('\n');
    yaml.append(more.indent(6));
    yaml.append("      sources:\n");
    sources
        .keySet()
        .forEach(
            site ->
                yaml.append(
                    "        %s: {cluster: %s, database: app%s}\n"
                        .formatted(site, site, sourceKeys.getOrDefault(site, ""))));
    yaml.append("      tables:\n").append(tables.indent(8));
    return Configuration.parse(home.path().resolve("tidemark.yaml"), yaml.toString());
  }

  FeedSpec spec(String site) {
    Configuration configuration = configuration();
    var pipeline = configuration.requireAnalytics().pipeline("school");
    return FeedSpec.of(configuration, pipeline, pipeline.source(site));
  }

  /** Starts the feeds of all sources, as the command start and a daemon do. */
  Warehouse start() {
    sources.keySet().forEach(this::start);
    return this;
  }

  void start(String site) {
    run(site);
    wish(site, "running");
  }

  /** Takes turns, whatever is wished. */
  void run(String site) {
    runners.put(site, new Runner(spec(site), best));
  }

  /** Ends a feed's turns, as the end of a daemon does. */
  void stop(String site) {
    Runner runner = runners.remove(site);
    if (runner != null) {
      runner.close();
    }
  }

  /** Begins again with what the configuration is now. */
  void restart(String site) {
    stop(site);
    run(site);
  }

  void wish(String site, String wish) {
    await()
        .atMost(LIMIT)
        .until(() -> !rows("SELECT FROM pg_class WHERE relname = 'wish'").isEmpty());
    sql(
        "INSERT INTO tidemark.wish (pipeline, source, wish) VALUES ('school', '%s', '%s')"
                .formatted(site, wish)
            + " ON CONFLICT (pipeline, source) DO UPDATE SET wish = excluded.wish");
  }

  FeedStatus status(String site) {
    return feed(site).feed.status();
  }

  List<TidemarkException> failures(String site) {
    return feed(site).failures;
  }

  private Runner feed(String site) {
    return Optional.ofNullable(runners.get(site)).orElseThrow();
  }

  /**
   * Waits until all that the source has committed by now is in the target, and all tables follow,
   * those too that come in beside.
   */
  void awaitLevel(String site) {
    TestCluster source = Optional.ofNullable(sources.get(site)).orElseThrow();
    Lsn goal = Lsn.parse(source.value("SELECT pg_current_wal_lsn()"));
    try (Connection connection = DriverManager.getConnection(jdbc(), "postgres", "")) {
      await()
          .atMost(LIMIT)
          .pollInterval(Duration.ofMillis(50))
          .failFast(
              "a feed ended by a defect, or fails again and again",
              () -> feed(site).defect != null || failures(site).size() > MANY_FAILURES)
          .until(() -> isLevel(connection, site, goal));
    } catch (ConditionTimeoutException | TerminalFailureException e) {
      throw new AssertionError(story(site), e);
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  private String jdbc() {
    return target.jdbc("warehouse");
  }

  private static boolean isLevel(Connection connection, String site, Lsn goal) throws SQLException {
    String level =
        """
        SELECT count(*) > 0 AND bool_and(t.state IN ('streaming', 'held', 'refused'))
               AND bool_and(m.applied_lsn >= '%1$s')
               AND bool_and(t.state <> 'streaming' OR coalesce(f.applied_lsn >= '%1$s', false))
          FROM tidemark.table_state t JOIN tidemark.feed m USING (pipeline, source)
          LEFT JOIN tidemark.feed f
            ON (f.pipeline, f.source, f.role) = (t.pipeline, t.source, t.role)
         WHERE m.role = 'main' AND t.source = '%2$s'
        """
            .formatted(goal, site);
    try (Statement statement = connection.createStatement();
        ResultSet there =
            statement.executeQuery("SELECT to_regclass('tidemark.verification') IS NOT NULL")) {
      there.next();
      if (!there.getBoolean(1)) {
        return false;
      }
    }
    try (Statement statement = connection.createStatement();
        ResultSet result = statement.executeQuery(level)) {
      result.next();
      return result.getBoolean(1);
    }
  }

  /** What to say where something did not come in time. */
  String story(String site) {
    Runner runner = feed(site);
    return "%s%nfailures: %s%ndefect: %s%n%s"
        .formatted(
            runner.feed.status(),
            runner.failures.stream().map(TidemarkException::explain).distinct().limit(10).toList(),
            runner.defect,
            rows("SELECT source_table, state, role, note FROM tidemark.table_state"));
  }

  /** In the analytics database. */
  void sql(String... statements) {
    try (var connection = DriverManager.getConnection(target.jdbc("warehouse"), "postgres", "");
        var statement = connection.createStatement()) {
      for (String sql : statements) {
        statement.execute(sql);
      }
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  /** In the analytics database. */
  List<List<@Nullable String>> rows(String query) {
    return in(target, "warehouse", query);
  }

  /** In the database {@code app} of a source, each statement in a transaction of its own. */
  static void sql(TestCluster source, String... statements) {
    try (var connection = DriverManager.getConnection(source.jdbc("app"), "postgres", "");
        var statement = connection.createStatement()) {
      for (String sql : statements) {
        statement.execute(sql);
      }
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  static List<List<@Nullable String>> in(TestCluster cluster, String database, String query) {
    try (var connection = DriverManager.getConnection(cluster.jdbc(database), "postgres", "");
        var statement = connection.createStatement();
        var result = statement.executeQuery(query)) {
      List<List<@Nullable String>> rows = new ArrayList<>();
      while (result.next()) {
        List<@Nullable String> row = new ArrayList<>();
        for (int i = 1; i <= result.getMetaData().getColumnCount(); i++) {
          row.add(result.getString(i));
        }
        rows.add(row);
      }
      return rows;
    } catch (SQLException e) {
      throw new IllegalStateException(e.getMessage() + " in " + query, e);
    }
  }

  @Override
  public void close() {
    runners.values().forEach(Runner::close);
    home.close();
  }
}
