package io.tidemark.bench;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The database whose changes are followed: pgbench's, with a key for its history, events that are
 * inserted in bulk, and marks from which it is known how far a follower is.
 */
final class AnalyticsApp {
  static final String PROBE = "bench_probe";

  private static final String NAME = "app";
  private static final String TARGET = "warehouse";
  private static final int CLIENTS = 4;
  private static final int BULK = 10_000;
  private static final Pattern TPS = Pattern.compile("tps = ([0-9]+)");

  private static final List<String> OWN_TABLES =
      List.of(
          "ALTER TABLE pgbench_history ADD COLUMN hid bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY",
          "CREATE TABLE bench_events (id bigint PRIMARY KEY, kind int, created timestamptz,"
              + " amount numeric(12,2), body text)",
          "CREATE TABLE bench_marker (id int PRIMARY KEY, n bigint)",
          "CREATE TABLE bench_probe (id bigint PRIMARY KEY, at timestamptz)");

  /** Not those that a follower cannot have: identity columns of the target are plain. */
  private static final String PLAIN_HISTORY =
      "ALTER TABLE pgbench_history ALTER COLUMN hid DROP IDENTITY";

  private static final String EVENTS =
      "INSERT INTO bench_events SELECT n, n %% 100, timestamptz '2024-01-01' + n * interval '1 s',"
          + " (n %% 100000)::numeric / 100, 'event ' || md5(n::text)"
          + " FROM generate_series(%d::bigint, %d) n";

  private static final Map<String, List<String>> COLUMNS = columns();

  private final AnalyticsScene scene;
  private final AnalyticsServers servers;
  private final Db source;
  private long mark;

  private AnalyticsApp(AnalyticsScene scene, AnalyticsServers servers) {
    this.scene = scene;
    this.servers = servers;
    this.source = Db.create(servers.source(), NAME);
  }

  private static Map<String, List<String>> columns() {
    Map<String, List<String>> columns = new LinkedHashMap<>();
    columns.put("pgbench_accounts", List.of("aid", "bid", "abalance", "filler"));
    columns.put("pgbench_branches", List.of("bid", "bbalance", "filler"));
    columns.put("pgbench_tellers", List.of("tid", "bid", "tbalance", "filler"));
    columns.put("pgbench_history", List.of("tid", "bid", "aid", "delta", "mtime", "filler", "hid"));
    columns.put("bench_events", List.of("id", "kind", "created", "amount", "body"));
    columns.put("bench_marker", List.of("id", "n"));
    columns.put(PROBE, List.of("id", "at"));
    return columns;
  }

  static AnalyticsApp create(AnalyticsScene scene, AnalyticsServers servers) {
    AnalyticsApp app = new AnalyticsApp(scene, servers);
    app.initialise(app.source, "dtgp");
    app.source.sql("VACUUM ANALYZE");
    return app;
  }

  /** Every table, with all of its columns. */
  Map<String, List<String>> tables() {
    return COLUMNS;
  }

  List<String> tableNames() {
    return List.copyOf(COLUMNS.keySet());
  }

  Db source() {
    return source;
  }

  AnalyticsServers servers() {
    return servers;
  }

  /** A new target, which has no tables. */
  Db freshTarget() {
    return Db.create(servers.target(), TARGET);
  }

  /** Makes the tables in a target, empty, with their keys. */
  void createTables(Db target) {
    initialise(target, "dtp");
    target.sql(PLAIN_HISTORY);
  }

  private void initialise(Db database, String steps) {
    scene
        .shell()
        .run(
            List.of(
                scene.tool("pgbench"),
                "-i",
                "-q",
                "-I",
                steps,
                "-s",
                "" + scene.options().scale,
                "-h",
                "127.0.0.1",
                "-p",
                "" + database.cluster().port(),
                "-U",
                "postgres",
                database.name()));
    database.sql(OWN_TABLES.toArray(String[]::new));
  }

  /** Empties what grows, so that every follower begins alike. */
  void reset() {
    source.sql("TRUNCATE pgbench_history, bench_events, bench_probe", "VACUUM");
    servers.settle(scene.work());
  }

  /** Without a wait for the disk at every commit: what waits for the followers is the same. */
  void pgbench(int transactions) {
    List<String> command = new ArrayList<>(List.of("env", "PGOPTIONS=-c synchronous_commit=off"));
    command.addAll(pgbench("-t", "" + transactions / CLIENTS));
    scene.shell().run(command);
  }

  /** Transactions in a second that it reaches when nothing holds it back. */
  int capacity() {
    String said = scene.shell().outputOf(pgbench("-T", "5"));
    Matcher matcher = TPS.matcher(said);
    if (!matcher.find()) {
      throw new IllegalStateException("found no tps in: " + said);
    }
    return Integer.parseInt(matcher.group(1));
  }

  List<String> pgbench(String... more) {
    List<String> command =
        new ArrayList<>(
            List.of(scene.tool("pgbench"), "-n", "-M", "prepared", "-c", "" + CLIENTS, "-j", "2"));
    command.addAll(List.of(more));
    command.addAll(
        List.of("-h", "127.0.0.1", "-p", "" + source.cluster().port(), "-U", "postgres", NAME));
    return command;
  }

  /** So many rows, in transactions of 10000. */
  void insertBulk(int rows) {
    List<String> statements = new ArrayList<>();
    for (int from = 1; from <= rows; from += BULK) {
      statements.add(EVENTS.formatted(from, Math.min(rows, from + BULK - 1)));
    }
    source.sql(statements.toArray(String[]::new));
  }

  void insertAtOnce(int rows) {
    source.sql(EVENTS.formatted(1, rows));
  }

  /** A row behind all that was done. */
  void mark() {
    mark++;
    source.sql(
        "INSERT INTO bench_marker VALUES (1, %1$d) ON CONFLICT (id) DO UPDATE SET n = %1$d"
            .formatted(mark));
  }

  /** Waits until the target has everything up to the mark. */
  void awaitMark(Db target, Follower follower) {
    target.awaitValue(
        "" + mark,
        "SELECT max(n) FROM %s".formatted(follower.table("bench_marker")),
        () -> requireAlive(follower));
    for (String table : List.of("pgbench_history", "bench_events")) {
      String count = "SELECT count(*) FROM ";
      target.awaitValue(
          source.value(count + table), count + follower.table(table), () -> requireAlive(follower));
    }
  }

  private boolean requireAlive(Follower follower) {
    if (!follower.isAlive()) {
      throw new IllegalStateException("a program has ended:\n" + scene.shell().tail());
    }
    return true;
  }

  /** IllegalStateException where sums over all tables differ. */
  void requireSame(Db target, Follower follower) {
    for (String table : tableNames()) {
      String columns = String.join(", ", COLUMNS.getOrDefault(table, List.of()));
      String sums =
          "SELECT count(*) || ' ' || coalesce(sum(hashtextextended(row(%s)::text, 0)), 0) FROM %s";
      String expected = source.value(sums.formatted(columns, table));
      String found = target.value(sums.formatted(columns, follower.table(table)));
      if (!found.equals(expected)) {
        throw new IllegalStateException(
            "found rows and their hash %s in %s of the target, expected %s"
                .formatted(found, table, expected));
      }
    }
  }
}
