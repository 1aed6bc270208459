package io.tidemark.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A real PostgreSQL cluster on 127.0.0.1: made by initdb or adopted as a restored directory,
 * started, stopped, killed, promoted, asked by SQL. When root, everything runs as {@link OsUser},
 * who owns the directories too. Closing it (or the end of the JVM) ends every process of it, and
 * removes what it made itself; an adopted directory stays.
 *
 * <p>Not for use by several threads at once, except for connections.
 */
public final class TestCluster implements AutoCloseable {
  /** How a server is asked to stop, by the signals that PostgreSQL's documentation names. */
  public enum StopMode {
    /** Waits for clients to leave. */
    SMART("TERM"),
    /** Ends sessions, writes a shutdown checkpoint. */
    FAST("INT"),
    /** No checkpoint: the next start recovers from WAL. */
    IMMEDIATE("QUIT");

    final String signal;

    StopMode(String signal) {
      this.signal = signal;
    }
  }

  private static final Duration LIMIT = Duration.ofMinutes(1);
  private static final int PORT_ATTEMPTS = 5;

  private final PostgresBinaries binaries;
  private final @Nullable TemporaryDirectory home;
  private final TemporaryDirectory socket;
  private final Path data;
  private final Path log;
  private final Map<String, Path> tablespaces;
  private final @Nullable String password;
  private final Map<String, String> commandLine = new LinkedHashMap<>();
  private final Thread net;
  private final ProcessGuard guard;
  private int port;
  private @Nullable Postmaster postmaster;

  private TestCluster(
      TestClusterBuilder builder,
      Path data,
      Map<String, Path> tablespaces,
      @Nullable TemporaryDirectory home) {
    this.binaries = builder.binaries;
    this.home = home;
    this.socket = TemporaryDirectory.create("tm-");
    this.data = data;
    this.log = (home == null ? socket : home).path().resolve("postgres.log");
    this.tablespaces = tablespaces;
    this.password = builder.password;
    this.port = builder.port == 0 ? FreePort.find() : builder.port;
    this.commandLine.putAll(builder.commandLine);
    this.net = Thread.ofPlatform().unstarted(this::endForGood);
    OsUser.own(socket.path());
    this.guard =
        ProcessGuard.over(
            data, home == null ? List.of(socket.path()) : List.of(socket.path(), home.path()));
    Runtime.getRuntime().addShutdownHook(net);
  }

  /** A cluster of the embedded distribution of that major, running, all else by default. */
  public static TestCluster start(int major) {
    return builder(PostgresBinaries.of(major)).start();
  }

  /** Begins the description of a new cluster. */
  public static TestClusterBuilder builder(PostgresBinaries binaries) {
    return new TestClusterBuilder(binaries, null);
  }

  /**
   * Begins the description of a cluster that exists, such as a restored directory. Its port and
   * socket directory, and the settings given to the builder, go on the command line, which has
   * precedence over every file in the directory. The directory is given to the servers' user, with
   * the targets of its tablespace links, and stays there at close.
   */
  public static TestClusterBuilder adopt(Path data, PostgresBinaries binaries) {
    return new TestClusterBuilder(binaries, data);
  }

  /**
   * Begins the description of a standby that streams from a running cluster: a copy of its data
   * directory, made by a backup of its own while it runs. Settings such as {@code
   * primary_slot_name} are the builder's. For clusters without tablespaces.
   */
  public static TestClusterBuilder standbyOf(TestCluster primary) {
    return new TestClusterBuilder(primary.binaries, null).copying(primary);
  }

  static TestCluster create(TestClusterBuilder builder) {
    TemporaryDirectory home = builder.makeHome();
    try {
      Path data = home.path().resolve("data");
      TestCluster cluster = new TestCluster(builder, data, builder.makeTablespaces(home), home);
      builder.fill(data);
      builder.configure(data, cluster.port, cluster.socket.path());
      return cluster;
    } catch (RuntimeException e) {
      home.close();
      throw e;
    }
  }

  static TestCluster adopt(TestClusterBuilder builder, Path data) {
    Path parent = data.toAbsolutePath().getParent();
    if (parent != null) {
      OsUser.letIn(parent);
    }
    OsUser.own(data);
    Map<String, Path> tablespaces = linkedTablespaces(data);
    tablespaces.values().forEach(OsUser::own);
    TestCluster cluster = new TestCluster(builder, data, tablespaces, null);
    cluster.commandLine.putIfAbsent("port", "" + cluster.port);
    cluster.commandLine.putIfAbsent("listen_addresses", "127.0.0.1");
    cluster.commandLine.putIfAbsent("unix_socket_directories", cluster.socket.path().toString());
    return cluster;
  }

  private static Map<String, Path> linkedTablespaces(Path data) {
    Map<String, Path> targets = new LinkedHashMap<>();
    try (var links = Files.newDirectoryStream(data.resolve("pg_tblspc"))) {
      for (Path link : links) {
        if (Files.isSymbolicLink(link)) {
          targets.put(link.getFileName().toString(), link.toRealPath());
        }
      }
      return targets;
    } catch (IOException e) {
      throw new UncheckedIOException("not a data directory: " + data, e);
    }
  }

  // Running

  /**
   * Starts the server and waits until it accepts connections (on a standby: read-only ones).
   * IllegalStateException with the end of the log if it ends instead or takes a minute.
   */
  public TestCluster start() {
    for (int attempt = 1; ; attempt++) {
      try {
        startWithoutWaiting();
        awaitReady(LIMIT);
        return this;
      } catch (IllegalStateException e) {
        boolean portTaken = logTail().contains("Address already in use") && home != null;
        if (!portTaken || attempt == PORT_ATTEMPTS) {
          throw e;
        }
        port = FreePort.find();
        TestClusterBuilder.append(data, Map.of("port", "" + port));
      }
    }
  }

  /** Starts the server and returns at once: recovery may take long, or end the server. */
  public void startWithoutWaiting() {
    if (isRunning()) {
      throw new IllegalStateException("runs already: " + this);
    }
    postmaster = Postmaster.start(binaries, data, log, commandLine);
  }

  /** Waits until the server accepts connections; IllegalStateException if it ends or is late. */
  public void awaitReady(Duration limit) {
    running().awaitReady(limit);
  }

  /**
   * Waits until recovery is over and writing is possible; a start returns earlier, when connections
   * are. IllegalStateException if the server ends or is late.
   */
  public void awaitPrimary(Duration limit) {
    awaitReady(limit);
    running()
        .awaitCondition(
            limit, "leaves recovery", () -> value("SELECT pg_is_in_recovery()").equals("f"));
  }

  /** Waits until the server has ended by itself, and gives its exit code. */
  public int awaitExit(Duration limit) {
    return running().awaitExit(limit);
  }

  public boolean isRunning() {
    Postmaster current = postmaster;
    return current != null && current.isAlive();
  }

  /** Stops fast. */
  public void stop() {
    stop(StopMode.FAST);
  }

  /** Stops and waits for the end of the process, at most a minute. */
  public void stop(StopMode mode) {
    running().stop(mode, LIMIT);
  }

  /** Kills the postmaster and every process of it with SIGKILL, and waits for their end. */
  public void kill9() {
    running().kill9(LIMIT);
  }

  /** Stops fast and starts again. */
  public void restart() {
    stop();
    start();
  }

  /** Makes a standby or a paused recovery a primary, and waits until it is one. */
  public void promote() {
    binaries.run("pg_ctl", "promote", "-w", "-t", LIMIT.toSeconds(), "-D", data);
  }

  /** Reads the configuration files again. */
  public void reload() {
    sql("SELECT pg_reload_conf()");
  }

  /** Appends settings to postgresql.conf; a reload or restart makes them count. */
  public void configure(Map<String, String> settings) {
    TestClusterBuilder.append(data, settings);
  }

  // Asking

  /** A new connection as superuser; the caller closes it. */
  public Connection connect() throws SQLException {
    return superuser().connect();
  }

  /** Executes statements one by one, each in its own transaction. */
  public void sql(String... statements) {
    superuser().execute(statements);
  }

  /** The rows of a query, every column as text, null where it is null. */
  public List<List<@Nullable String>> rows(String query) {
    return superuser().rows(query);
  }

  /** The first column of the only row, as text; IllegalStateException where that is not there. */
  public String value(String query) {
    return superuser().value(query);
  }

  private SqlClient superuser() {
    return new SqlClient(jdbc(), user(), password);
  }

  /** Without user and password: {@code jdbc:postgresql://127.0.0.1:<port>/postgres}. */
  public String jdbc() {
    return jdbc("postgres");
  }

  /** As above, for another database. */
  public String jdbc(String database) {
    return "jdbc:postgresql://%s:%d/%s".formatted(host(), port, database);
  }

  /** The superuser's name. */
  public String user() {
    return "postgres";
  }

  /** The superuser's password, null where every connection is trusted. */
  public @Nullable String password() {
    return password;
  }

  public String host() {
    return "127.0.0.1";
  }

  public int port() {
    return port;
  }

  /** The data directory. */
  public Path data() {
    return data;
  }

  /** Directories of tablespaces: by name where this class made them, by OID where adopted. */
  public Map<String, Path> tablespaces() {
    return Map.copyOf(tablespaces);
  }

  public PostgresBinaries binaries() {
    return binaries;
  }

  /** The directory of the Unix socket. */
  public Path socketDirectory() {
    return socket.path();
  }

  /** The server's whole log, empty before the first start. */
  public String log() {
    return Postmaster.read(log);
  }

  /** The end of the server's log, for messages. */
  public String logTail() {
    return Postmaster.tail(log);
  }

  /** Process id of the postmaster. */
  public long pid() {
    return running().pid();
  }

  @Override
  public void close() {
    endForGood();
    ShutdownNet.remove(net);
  }

  @Override
  public String toString() {
    return "PostgreSQL " + binaries.major() + " in " + data + " on port " + port;
  }

  private void endForGood() {
    if (postmaster != null) {
      postmaster.endForGood(LIMIT);
    }
    socket.close();
    if (home != null) {
      home.close();
    }
    guard.close();
  }

  private Postmaster running() {
    if (postmaster == null) {
      throw new IllegalStateException("never started: " + this);
    }
    return postmaster;
  }
}
