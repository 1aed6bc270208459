package io.tidemark.demo;

import io.tidemark.postgres.HostPort;
import io.tidemark.postgres.PostgresEndpoint;
import io.tidemark.postgres.PostgresSession;
import io.tidemark.postgres.Timeline;
import io.tidemark.replicamanager.ReplicaHome;
import io.tidemark.repository.ClusterRepository;
import io.tidemark.repository.Compression;
import io.tidemark.repository.RepositoryOptions;
import io.tidemark.repository.Writer;
import io.tidemark.store.PosixSettings;
import io.tidemark.store.PosixStore;
import io.tidemark.testing.FreePort;
import io.tidemark.testing.OsUser;
import io.tidemark.testing.PostgresBinaries;
import io.tidemark.testing.TestCluster;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionTimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * A primary on 127.0.0.1 that is backed up, the program as it is installed with its daemon, and the
 * replicas that its configuration asks for. Tidemark knows the primary's port also on 127.0.0.2:
 * who listens there can take its place.
 */
final class ReplicaSite implements AutoCloseable {
  static final String CLUSTER = "shop";
  static final String SECOND_HOST = "127.0.0.2";

  /** A minute was too short once: on a shared disk a single fsync may take that long. */
  private static final Duration LIMIT = Duration.ofMinutes(3);

  private static final Duration DUMP_LIMIT = Duration.ofSeconds(5);

  private final DemoHome home = DemoHome.create();
  private final TestCluster primary;
  private final Program program;
  private final Map<String, Replica> replicas = new LinkedHashMap<>();
  private @Nullable DaemonProcess daemon;

  /** Where a replica is. */
  record Replica(String name, String host, int port, Path directory, String more) {
    String applicationName() {
      return "tidemark_" + name;
    }
  }

  ReplicaSite(int major, Map<String, String> settings) {
    var builder =
        TestCluster.builder(PostgresBinaries.of(major)).walSegmentMegabytes(1).fsync(false);
    settings.forEach(builder::setting);
    this.primary = builder.start();
    this.program = Program.install(home);
  }

  TestCluster primary() {
    return primary;
  }

  /** On a port of its own. */
  Replica replica(String name, String more) {
    return add(new Replica(name, "127.0.0.1", FreePort.find(), home.resolve(name), more));
  }

  /** On the primary's port, at the address that is tried after the primary's. */
  Replica successor(String name, String more) {
    return add(new Replica(name, SECOND_HOST, primary.port(), home.resolve(name), more));
  }

  private Replica add(Replica replica) {
    OsUser.own(home.makeDirectory("socket-" + replica.name()));
    replicas.put(replica.name(), replica);
    return replica;
  }

  /** A repository with a backup of the primary, and a daemon that builds the replicas. */
  void begin() {
    configure("");
    program.run("init");
    startDaemon();
    program.run("backup", CLUSTER);
    stopDaemon();
    configure("replicas:\n" + String.join("", replicas.values().stream().map(this::yaml).toList()));
    startDaemon();
  }

  private void configure(String more) {
    home.writePrivate(
        Settings.FILE,
        """
        http: {listen: none}
        run-directory: %1$s/run
        state-directory: %1$s/state
        repositories:
          local: {type: posix, path: %1$s/repository}
        clusters:
          %2$s:
            repository: local
            connection:
              {host: [127.0.0.1, %3$s], port: %4$d, user: postgres, sslmode: disable, connect-timeout: 2s}
            bin-directory: %5$s
            archive: {rpo: 1s}
            backup: {schedule: none, checkpoint: fast}
            retention: {schedule: none}
            heartbeat: {period: 1s}
        %6$s
        """
            .formatted(
                home.path(), CLUSTER, SECOND_HOST, primary.port(), primary.binaries().bin(), more));
  }

  private String yaml(Replica replica) {
    return """
      %s:
        cluster: %s
        directory: %s
        host: %s
        port: %d
        settings: {listen_addresses: %s, unix_socket_directories: %s}
        %s
    """
        .formatted(
            replica.name(),
            CLUSTER,
            replica.directory(),
            replica.host(),
            replica.port(),
            replica.host(),
            home.resolve("socket-" + replica.name()),
            replica.more());
  }

  // The daemon

  void startDaemon() {
    daemon = program.daemon(0);
  }

  void stopDaemon() {
    Objects.requireNonNull(daemon).close();
  }

  void killDaemon() {
    kill("KILL", Objects.requireNonNull(daemon).pid());
    Objects.requireNonNull(daemon).close();
  }

  /** Everything that any daemon of this site has logged. */
  String log() {
    return read(home.resolve("logs/daemon.log"));
  }

  // Servers

  /** What a replica's server answers. */
  String ask(Replica replica, String sql) {
    PostgresEndpoint endpoint =
        PostgresEndpoint.to(
            new HostPort(replica.host(), replica.port()), "postgres", primary.user());
    try (PostgresSession session = PostgresSession.open(endpoint)) {
      return session.value(sql).orElse("");
    }
  }

  long postmaster(Replica replica) {
    String file = read(replica.directory().resolve("postmaster.pid"));
    return Long.parseLong(file.lines().findFirst().orElseThrow());
  }

  /** As somebody does who knows nothing of Tidemark. */
  void promote(Replica replica) {
    primary.binaries().run("pg_ctl", "promote", "-w", "-D", replica.directory());
  }

  void start(Replica replica) {
    Path log = home.resolve("logs/" + replica.name() + ".log");
    try {
      primary.binaries().run("pg_ctl", "start", "-w", "-D", replica.directory(), "-l", log);
    } catch (IllegalStateException e) {
      throw new AssertionError(Program.tail(log) + "\n" + logs(), e);
    }
  }

  /** As a command does that works on it. */
  ReplicaHome.Lock keepDaemonFrom(Replica replica) throws InterruptedException {
    return ReplicaHome.of(home.resolve("state"), replica.name()).lock(LIMIT);
  }

  void stop(Replica replica) {
    primary.binaries().run("pg_ctl", "stop", "-w", "-m", "fast", "-D", replica.directory());
  }

  static void kill(String signal, long pid) {
    try {
      int exit = new ProcessBuilder("kill", "-" + signal, Long.toString(pid)).start().waitFor();
      if (exit != 0) {
        throw new IllegalStateException("kill -" + signal + " " + pid + " gave " + exit);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted", e);
    }
  }

  // What is archived

  /** Whether a timeline's history is in the repository. */
  boolean hasHistory(Timeline timeline) {
    RepositoryOptions options =
        new RepositoryOptions(Compression.DEFAULT, Optional.empty(), new Writer("test", 1, "0.1"));
    try (ClusterRepository reader =
        ClusterRepository.open(
            PosixStore.open(PosixSettings.of(home.resolve("repository"))), CLUSTER, options)) {
      return reader.wal().history(timeline).isPresent();
    }
  }

  // Waiting

  void await(String what, Callable<Boolean> condition) {
    try {
      Awaitility.await(what)
          .atMost(LIMIT)
          .pollInterval(Duration.ofMillis(100))
          .ignoreExceptions()
          .until(condition);
    } catch (ConditionTimeoutException e) {
      throw new AssertionError("in vain: " + what + "\n" + logs() + "\n" + threads(), e);
    }
  }

  /** What the daemon's threads do now, which it writes to its log when it is asked to. */
  private String threads() {
    DaemonProcess asked = daemon;
    if (asked == null || !asked.isRunning()) {
      return "(no daemon runs)";
    }
    int before = log().length();
    kill("QUIT", asked.pid());
    try {
      Awaitility.await().atMost(DUMP_LIMIT).until(() -> log().substring(before).contains("Heap"));
    } catch (ConditionTimeoutException e) {
      return "(the daemon does not show its threads within " + DUMP_LIMIT + ")";
    }
    return log().substring(before);
  }

  private String logs() {
    List<String> all = new ArrayList<>(List.of(Program.tail(home.resolve("logs/daemon.log"))));
    for (String name : replicas.keySet()) {
      all.add("--- " + name);
      all.add(Program.tail(home.resolve("state/replicas/" + name + "/postgresql.log")));
    }
    all.add("--- primary");
    all.add(primary.logTail());
    return String.join("\n", all);
  }

  private static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void close() {
    try {
      stopDaemon();
    } finally {
      try {
        home.close();
      } finally {
        primary.close();
      }
    }
  }
}
