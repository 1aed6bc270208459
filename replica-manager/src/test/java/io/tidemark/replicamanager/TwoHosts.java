package io.tidemark.replicamanager;

import io.tidemark.config.Configuration;
import io.tidemark.postgres.PostgresSession;
import io.tidemark.repository.ClusterIdentity;
import io.tidemark.repository.ClusterRepository;
import io.tidemark.repository.Compression;
import io.tidemark.repository.RepositoryOptions;
import io.tidemark.repository.Writer;
import io.tidemark.restore.RestoreProgress;
import io.tidemark.store.MemoryStore;
import io.tidemark.testing.FreePort;
import io.tidemark.testing.OsUser;
import io.tidemark.testing.PostgresBinaries;
import io.tidemark.testing.TestCluster;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.awaitility.Awaitility;

/**
 * A primary at 127.0.0.1, a replica "second" at 127.0.0.2 that can take its place, and "third": one
 * connection names both hosts, with one port. The repository is empty, and there is no launcher:
 * wal-get finds nothing.
 */
final class TwoHosts implements AutoCloseable {
  static final Duration LIMIT = Duration.ofSeconds(60);

  final TestCluster primary;
  private final Path home;
  private final PostgresBinaries binaries;
  private final ClusterRepository repository;
  private final ReplicaSources sources = new ReplicaSources();
  private final int thirdPort = FreePort.find();
  private final Map<String, ReplicaManager> managers = new LinkedHashMap<>();

  TwoHosts(Path home, PostgresBinaries binaries) {
    this.home = home;
    this.binaries = binaries;
    OsUser.letIn(home);
    this.primary =
        TestCluster.builder(binaries)
            .walSegmentMegabytes(1)
            .fsync(false)
            .setting("wal_log_hints", "on")
            .setting("max_connections", "40")
            .start();
    this.repository = createRepository();
    primary.sql("CREATE TABLE t (n int)", "INSERT INTO t VALUES (1)");
  }

  private ClusterRepository createRepository() {
    try (PostgresSession session = PostgresSession.open(spec("second").primary().orElseThrow())) {
      return ClusterRepository.create(
          new MemoryStore(),
          "shop",
          ClusterIdentity.of(session, false),
          new RepositoryOptions(Compression.DEFAULT, Optional.empty(), new Writer("test", 1, "0")));
    }
  }

  /**
   * What the configuration says of a replica.
   *
   * @param more keys of its section
   */
  ReplicaSpec spec(String name, String... more) {
    String yaml =
        """
        state-directory: %s
        repositories: {here: {type: posix, path: /unused}}
        clusters:
          shop:
            repository: here
            connection: {host: [127.0.0.1, 127.0.0.2], port: %d, user: postgres, connect-timeout: 2s}
        replicas:
        """
            .formatted(home.resolve("state"), primary.port());
    String host = name.equals("second") ? "127.0.0.2" : "127.0.0.1";
    int port = name.equals("second") ? primary.port() : thirdPort;
    String section =
        "  %s:\n    cluster: shop\n    kind: read\n    directory: %s\n    host: %s\n    port: %d\n"
                .formatted(name, home.resolve(name), host, port)
            + "    bin-directory: "
            + binaries.bin()
            + "\n"
            + OsUser.forServers().map(user -> "    owner: " + user.name() + "\n").orElse("")
            + String.join("", List.of(more).stream().map(line -> "    " + line + "\n").toList());
    // The second's host alone: its port is free on localhost only after the primary's end.
    String settings =
        more.length > 0
            ? ""
            : "    settings: {listen_addresses: %s, unix_socket_directories: /tmp}\n"
                .formatted(host);
    Configuration file =
        Configuration.parse(home.resolve("tidemark.yaml"), yaml + section + settings);
    return ReplicaSpec.of(file, file.replica(name), Path.of("/nonexistent/tidemark"));
  }

  /** What keeps a replica; another specification replaces it. */
  ReplicaManager manager(ReplicaSpec replica) {
    Optional.ofNullable(managers.remove(replica.name())).ifPresent(ReplicaManager::close);
    ReplicaManager manager =
        new ReplicaManager(
            replica,
            new ReplicaObserver(replica, sources, new ArchiveObserver(() -> repository)),
            new LocalReplicaActions(_ -> repository, RestoreProgress.NONE),
            _ -> {});
    managers.put(replica.name(), manager);
    return manager;
  }

  /** Takes turns until a decision of that kind; what was decided on the way, without waits. */
  List<String> stepsUntil(ReplicaSpec replica, String word) {
    ReplicaManager manager = managers.getOrDefault(replica.name(), manager(replica));
    List<String> words = new ArrayList<>();
    Awaitility.await(replica.name() + ": " + word)
        .atMost(LIMIT)
        .pollInterval(Duration.ofMillis(100))
        .until(
            () -> {
              ReplicaReport report = manager.step();
              report
                  .failure()
                  .ifPresent(
                      failure -> {
                        throw failure;
                      });
              ReplicaDecision decision = report.decision();
              if (!(decision instanceof ReplicaDecision.Wait)) {
                words.add(decision.word());
              }
              return decision.word().equals(word);
            });
    return words;
  }

  static String ask(ReplicaSpec replica, String sql) {
    try (PostgresSession session = PostgresSession.open(replica.self())) {
      return session.value(sql).orElse("");
    }
  }

  static void run(ReplicaSpec replica, String sql) {
    try (PostgresSession session = PostgresSession.open(replica.self())) {
      session.execute(sql);
    }
  }

  static void awaitAnswer(ReplicaSpec replica, String sql, String expected) {
    Awaitility.await(sql)
        .atMost(LIMIT)
        .pollInterval(Duration.ofMillis(50))
        .ignoreExceptions()
        .until(() -> ask(replica, sql).equals(expected));
  }

  /** As somebody with pg_ctl does it, without a word to Tidemark. */
  void promote(ReplicaSpec replica) {
    binaries.run("pg_ctl", "promote", "-D", replica.directory(), "-w");
  }

  void stop(ReplicaSpec replica, String mode) {
    binaries.run("pg_ctl", "stop", "-D", replica.directory(), "-w", "-m", mode);
  }

  @Override
  public void close() {
    managers.values().forEach(ReplicaManager::close);
    sources.close();
    for (String name : List.of("third", "second")) {
      if (Files.exists(home.resolve(name).resolve("postmaster.pid"))) {
        stop(spec(name), "immediate");
      }
    }
    repository.close();
    primary.close();
  }
}
