package io.tidemark.daemon;

import io.tidemark.config.ClusterSettings;
import io.tidemark.config.Configuration;
import io.tidemark.postgres.Lsn;
import io.tidemark.store.StoreObserver;
import io.tidemark.testing.FreePort;
import io.tidemark.testing.OsUser;
import io.tidemark.testing.PostgresBinaries;
import io.tidemark.testing.TemporaryDirectory;
import io.tidemark.testing.TestCluster;
import io.tidemark.walarchiver.ArchiverLog;
import io.tidemark.walarchiver.WalArchiver;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Stream;
import org.awaitility.Awaitility;

/** A primary whose WAL is archived, a backup of it, and replicas that command lines work on. */
final class ReplicaSite implements AutoCloseable {
  private static final Duration LIMIT = Duration.ofMinutes(1);

  final PostgresBinaries binaries;
  final TestCluster primary;
  final TemporaryDirectory home = TemporaryDirectory.create("tm-replica-");
  final Cli cli;
  private String more = "";
  private final Map<String, String> replicas = new LinkedHashMap<>();
  private final Map<String, Integer> ports = new LinkedHashMap<>();
  private final Wiring wiring;
  private final WalArchiver archiver;
  private final Thread archiving;

  ReplicaSite(PostgresBinaries binaries) {
    this(binaries, "replica");
  }

  ReplicaSite(PostgresBinaries binaries, String walLevel) {
    this.binaries = binaries;
    this.cli = new Cli(home.path());
    OsUser.letIn(home.path());
    this.primary =
        TestCluster.builder(binaries)
            .walSegmentMegabytes(1)
            .fsync(false)
            .setting("wal_keep_size", "256MB")
            .setting("wal_level", walLevel)
            .start();
    write();
    require(cli.run("init", "shop"));
    Configuration configuration = Configuration.load(cli.config());
    ClusterSettings shop = configuration.cluster("shop");
    this.wiring = new Wiring(configuration, _ -> StoreObserver.none());
    this.archiver =
        new WalArchiver(
            shop.archive(),
            Wiring.primary(shop),
            wiring.repository(shop),
            home.path().resolve("spool"),
            new ArchiverLog("shop"));
    this.archiving = Thread.ofPlatform().start(archiver::run);
    require(cli.run("backup", "shop"));
  }

  private void write() {
    cli.write(
        """
        state-directory: %s
        repositories: {here: {type: posix, path: %s}}
        clusters:
          shop:
            repository: here
            connection: {host: 127.0.0.1, port: %d, user: %s}
            archive: {rpo: 100ms}
        """
                .formatted(
                    home.path().resolve("state"), cli.repository(), primary.port(), primary.user())
            + (replicas.isEmpty() ? "" : "replicas:\n" + String.join("", replicas.values()))
            + more);
  }

  static void require(Cli.Result result) {
    if (result.exitCode() != 0) {
      throw new AssertionError("exit code " + result.exitCode() + ": " + result);
    }
  }

  /** Writes other sections into the configuration, in place of those that were. */
  void sections(String yaml) {
    more = yaml;
    write();
  }

  /** Writes a replica into the configuration. */
  void configure(String name, String... keys) {
    int port = FreePort.find();
    String owner = OsUser.forServers().map(user -> "    owner: " + user.name() + "\n").orElse("");
    ports.put(name, port);
    replicas.put(
        name,
        "  %s:\n    cluster: shop\n    directory: %s\n    host: 127.0.0.1\n    port: %d\n"
                .formatted(name, directory(name), port)
            + "    bin-directory: "
            + binaries.bin()
            + "\n    start-timeout: 1m\n"
            + owner
            + String.join("", Stream.of(keys).map(key -> "    " + key + "\n").toList()));
    write();
  }

  /**
   * Makes a replica that is delayed by so much. From a backup of now: with WAL after it from the
   * archive it would wait at the first commit in that, and not stream before its delay is over.
   */
  void delayed(String name, String delay, String... keys) {
    // The backup's own checkpoint takes its time where there is much to write.
    primary.sql("CHECKPOINT");
    require(cli.run("backup", "shop"));
    configure(
        name,
        Stream.concat(Stream.of("kind: delayed", "delay: " + delay), Stream.of(keys))
            .toArray(String[]::new));
    require(cli.run("replica", "create", name));
  }

  Path directory(String name) {
    return home.path().resolve(name);
  }

  Path log(String name) {
    return home.path().resolve("state/replicas/" + name + "/postgresql.log");
  }

  int port(String name) {
    Integer port = ports.get(name);
    if (port == null) {
      throw new IllegalArgumentException("no replica " + name);
    }
    return port;
  }

  /** The first column of the only row of a query on a replica. */
  String ask(String replica, String sql) {
    String url = "jdbc:postgresql://127.0.0.1:" + port(replica) + "/postgres";
    try (Connection connection = DriverManager.getConnection(url, primary.user(), "");
        Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery(sql)) {
      rows.next();
      return String.valueOf(rows.getString(1));
    } catch (SQLException e) {
      throw new IllegalStateException(sql + ": " + e.getMessage(), e);
    }
  }

  /** Runs a statement on a replica that is a server of its own by now. */
  void run(String replica, String sql) {
    String url = "jdbc:postgresql://127.0.0.1:" + port(replica) + "/postgres";
    try (Connection connection = DriverManager.getConnection(url, primary.user(), "");
        Statement statement = connection.createStatement()) {
      statement.execute(sql);
    } catch (SQLException e) {
      throw new IllegalStateException(sql + ": " + e.getMessage(), e);
    }
  }

  boolean hasTable(String replica, String table) {
    return ask(replica, "SELECT to_regclass('" + table + "') IS NOT NULL").equals("t");
  }

  /** Drops a table on the primary, and says by which transaction; archived and received then. */
  long drop(String table, String... replicas) {
    try (Connection connection = primary.connect();
        Statement statement = connection.createStatement()) {
      connection.setAutoCommit(false);
      long xid;
      try (ResultSet row = statement.executeQuery("SELECT pg_current_xact_id()::text")) {
        row.next();
        xid = Long.parseLong(row.getString(1));
      }
      statement.execute("DROP TABLE " + table);
      connection.commit();
      settle(replicas);
      return xid;
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Waits until all that is written is archived, and received by replicas. */
  Lsn settle(String... replicas) {
    Lsn written = Lsn.parse(primary.value("SELECT pg_current_wal_flush_lsn()"));
    await(() -> archiver.status().durable().isAtLeast(written));
    for (String replica : replicas) {
      await(
          () ->
              ask(replica, "SELECT pg_last_wal_receive_lsn() >= '%s'::pg_lsn".formatted(written))
                  .equals("t"));
    }
    return written;
  }

  static void await(java.util.concurrent.Callable<Boolean> condition) {
    Awaitility.await().atMost(LIMIT).pollInterval(Duration.ofMillis(50)).until(condition);
  }

  /** Stops a replica's server, as somebody else would. */
  void stop(String name) {
    if (Files.exists(directory(name).resolve("postmaster.pid"))) {
      binaries.run("pg_ctl", "stop", "-m", "fast", "-D", directory(name));
    }
  }

  @Override
  public void close() {
    ports.keySet().forEach(this::stop);
    archiver.close();
    try {
      archiving.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    wiring.close();
    primary.close();
    home.close();
  }
}
