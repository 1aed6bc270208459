package io.tidemark.postgres;

import io.tidemark.testing.PostgresBinaries;
import io.tidemark.testing.TestCluster;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * A real cluster with a past: transactions of every kind, a crash, a promotion, and at last an
 * orderly stop, so that its files do not change any more. What SQL said of it is kept.
 */
final class RealCluster implements AutoCloseable {
  /** What is known of a transaction from SQL. */
  record Transaction(long xid, boolean committed) {}

  final TestCluster cluster;
  final PostgresMajor major;
  final List<Transaction> transactions = new ArrayList<>();
  final Map<Long, Instant> commitTimes = new LinkedHashMap<>();
  final Map<String, Lsn> restorePoints = new LinkedHashMap<>();
  final Lsn recordedFrom;
  String backupLabel = "";
  String tablespaceMap = "";

  RealCluster(int number) {
    major = PostgresMajor.of(number);
    cluster =
        TestCluster.builder(PostgresBinaries.of(number))
            .walSegmentMegabytes(1)
            .fsync(false)
            .setting("wal_keep_size", "1GB")
            .setting("wal_level", "logical")
            .setting("track_commit_timestamp", "on")
            .setting("max_prepared_transactions", "5")
            .setting("autovacuum", "off")
            .tablespace("elsewhere")
            .start();
    try {
      recordedFrom = Lsn.parse(cluster.value("SELECT pg_current_wal_lsn()"));
      live();
    } catch (SQLException | IOException e) {
      cluster.close();
      throw new IllegalStateException(e);
    }
  }

  private void live() throws SQLException, IOException {
    cluster.sql(
        "CREATE TABLE t (id int PRIMARY KEY, text text)",
        "CREATE UNLOGGED TABLE u AS SELECT generate_series(1, 1000) i",
        "CREATE TABLE s TABLESPACE elsewhere AS SELECT generate_series(1, 5000) i",
        "INSERT INTO t SELECT i, repeat(md5(i::text), 20) FROM generate_series(1, 10000) i");
    for (int i = 0; i < 20; i++) {
      transaction(
          i % 4 != 0, "INSERT INTO t VALUES (" + (-i - 1) + ")", "SAVEPOINT a", "SAVEPOINT b");
    }
    restorePoint("before the switch");
    cluster.sql("SELECT pg_switch_wal()", "CHECKPOINT", "VACUUM t");
    prepared("yes", true);
    prepared("no", false);
    backUp();
    cluster.kill9();
    cluster.start();
    transaction(true, "UPDATE t SET text = 'after the crash' WHERE id < 500");
    cluster.stop();
    Files.createFile(cluster.data().resolve("standby.signal"));
    cluster.start();
    cluster.stop();
    Files.createDirectories(standbyDirectory().resolve("global"));
    Files.copy(
        cluster.data().resolve(ControlFile.PATH), standbyDirectory().resolve(ControlFile.PATH));
    cluster.start();
    cluster.promote();
    transaction(true, "DELETE FROM t WHERE id > 9000");
    restorePoint("ünïcode after the promotion");
    prepared("on the new timeline", true);
    for (Transaction transaction : transactions) {
      if (transaction.committed()) {
        String time =
            cluster.value(
                "SELECT extract(epoch FROM pg_xact_commit_timestamp('%d'::xid)) * 1000000"
                    .formatted(transaction.xid()));
        commitTimes.put(transaction.xid(), ofMicros(time));
      }
    }
    cluster.stop();
  }

  private static Instant ofMicros(String text) {
    long micros =
        Long.parseLong(
            text.substring(0, text.indexOf('.') < 0 ? text.length() : text.indexOf('.')));
    return Instant.ofEpochSecond(micros / 1_000_000, micros % 1_000_000 * 1000);
  }

  private void transaction(boolean commit, String... statements) throws SQLException {
    try (Connection connection = cluster.connect();
        Statement statement = connection.createStatement()) {
      statement.execute("BEGIN");
      for (String sql : statements) {
        statement.execute(sql);
      }
      transactions.add(new Transaction(xid(statement), commit));
      statement.execute(commit ? "COMMIT" : "ROLLBACK");
    }
  }

  /** A prepared transaction whose end carries all that can be in it. */
  private void prepared(String gid, boolean commit) throws SQLException {
    cluster.sql(
        "CREATE TABLE victim AS SELECT generate_series(1, 10) i", "CREATE INDEX ON victim (i)");
    try (Connection connection = cluster.connect();
        Statement statement = connection.createStatement()) {
      statement.execute("BEGIN");
      statement.execute("INSERT INTO t VALUES (" + (-1000 - gid.length()) + ")");
      statement.execute("SAVEPOINT a");
      statement.execute("DROP TABLE victim");
      statement.execute("SAVEPOINT b");
      statement.execute("CREATE TABLE \"%s\" AS SELECT 1".formatted(gid));
      transactions.add(new Transaction(xid(statement), commit));
      statement.execute("PREPARE TRANSACTION '" + gid + "'");
      statement.execute((commit ? "COMMIT" : "ROLLBACK") + " PREPARED '" + gid + "'");
      statement.execute("DROP TABLE IF EXISTS victim");
    }
  }

  private void backUp() throws SQLException {
    try (Connection connection = cluster.connect();
        Statement statement = connection.createStatement()) {
      statement.execute("SELECT pg_backup_start('a label: with colon', true)");
      try (ResultSet result =
          statement.executeQuery("SELECT labelfile, spcmapfile FROM pg_backup_stop(false)")) {
        result.next();
        backupLabel = result.getString(1);
        tablespaceMap = result.getString(2);
      }
    }
  }

  private static long xid(Statement statement) throws SQLException {
    try (ResultSet result = statement.executeQuery("SELECT txid_current()")) {
      result.next();
      return result.getLong(1);
    }
  }

  private void restorePoint(String name) {
    String lsn = cluster.value("SELECT pg_create_restore_point('" + name + "')");
    restorePoints.put(name, Lsn.parse(lsn));
  }

  /** Holds a copy of pg_control from when the cluster was a standby, and nothing else. */
  Path standbyDirectory() {
    return cluster.data().resolveSibling("standby");
  }

  ControlFile controlFile() {
    return ControlFile.decode(read(cluster.data().resolve(ControlFile.PATH)));
  }

  /** The source of the WAL on the cluster's last timeline. */
  WalSource source() {
    ControlFile control = controlFile();
    Path history = cluster.data().resolve("pg_wal").resolve(control.timeline().historyFileName());
    return new WalSource(
        major,
        control.systemId(),
        control.walSegmentSize(),
        TimelineHistory.parse(control.timeline(), read(history)));
  }

  /** Scans all WAL from the oldest kept segment to the shutdown checkpoint's. */
  List<WalEvent> events() {
    WalSource source = source();
    Map<Long, WalSegment> files = segments(source);
    WalSegment last =
        WalSegment.containing(
            source.history().timeline(), controlFile().checkpoint(), source.segmentSize());
    List<WalEvent> events = new ArrayList<>();
    Lsn start = files.values().iterator().next().start();
    WalScanner scanner = new WalScanner(source, start, events::add);
    for (WalSegment segment : files.values()) {
      if (segment.number() < last.number()) {
        scanner.feed(segment.start(), ByteBuffer.wrap(read(path(segment))));
      }
    }
    byte[] rest = read(path(last));
    Lsn end = controlFile().checkpoint().plus(120);
    scanner.feed(scanner.next(), rest, 0, source.segmentSize().offsetOf(end));
    return events;
  }

  /** By number, those of the newest timeline where there are several. */
  private Map<Long, WalSegment> segments(WalSource source) {
    Map<Long, WalSegment> segments = new TreeMap<>();
    try (Stream<Path> files = Files.list(cluster.data().resolve("pg_wal"))) {
      files
          .map(file -> file.getFileName().toString())
          .filter(WalSegment::isName)
          .map(name -> WalSegment.parse(name, source.segmentSize()))
          .sorted()
          .forEach(segment -> segments.put(segment.number(), segment));
      return segments;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  Path path(WalSegment segment) {
    return cluster.data().resolve("pg_wal").resolve(segment.name());
  }

  static byte[] read(Path file) {
    try {
      return Files.readAllBytes(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void close() {
    cluster.close();
  }
}
