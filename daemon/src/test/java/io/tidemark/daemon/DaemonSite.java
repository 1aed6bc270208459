package io.tidemark.daemon;

import static org.awaitility.Awaitility.await;

import io.tidemark.config.Configuration;
import io.tidemark.postgres.HostPort;
import io.tidemark.postgres.Lsn;
import io.tidemark.postgres.PostgresEndpoint;
import io.tidemark.postgres.PostgresSession;
import io.tidemark.repository.ClusterIdentity;
import io.tidemark.repository.ClusterRepository;
import io.tidemark.repository.Compression;
import io.tidemark.repository.RepositoryOptions;
import io.tidemark.repository.Writer;
import io.tidemark.store.ObjectStore;
import io.tidemark.store.PosixSettings;
import io.tidemark.store.PosixStore;
import io.tidemark.testing.TemporaryDirectory;
import io.tidemark.testing.TestCluster;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;

/** A configuration with its directories for daemons of real clusters, and what they serve. */
final class DaemonSite implements AutoCloseable {
  static final Duration LIMIT = Duration.ofSeconds(30);

  private static final RepositoryOptions OPTIONS =
      new RepositoryOptions(Compression.DEFAULT, Optional.empty(), new Writer("test", 1, "0"));

  private final TemporaryDirectory home = TemporaryDirectory.create("tidemark-daemon-");
  private final HttpClient http = HttpClient.newHttpClient();
  private final StringBuilder clusters = new StringBuilder();
  private String replicas = "";

  /** What a request gave. */
  record Answer(int status, String type, String body) {}

  /** A cluster of the configuration, in the repository already. */
  DaemonSite with(String name, TestCluster cluster, String settings) {
    try (PostgresSession session = PostgresSession.open(endpoint(cluster))) {
      create(name, ClusterIdentity.of(session, false));
    }
    return configured(name, cluster.port(), settings);
  }

  private static PostgresEndpoint endpoint(TestCluster cluster) {
    return PostgresEndpoint.to(
        new HostPort(cluster.host(), cluster.port()), "postgres", cluster.user());
  }

  /** A cluster of the configuration alone. */
  DaemonSite configured(String name, int port, String settings) {
    clusters.append(
        """
          %s:
            repository: repo
            connection: {host: 127.0.0.1, port: %d, user: postgres, connect-timeout: 2s}
        """
            .formatted(name, port));
    settings.lines().forEach(line -> clusters.append("    ").append(line).append('\n'));
    return this;
  }

  /** The section {@code replicas}, in place of what it was. */
  DaemonSite replicas(String section) {
    replicas = section;
    return this;
  }

  void create(String name, ClusterIdentity identity) {
    try (ObjectStore store = PosixStore.create(PosixSettings.of(repository()));
        ClusterRepository made = ClusterRepository.create(store, name, identity, OPTIONS)) {
      if (!made.cluster().equals(name)) {
        throw new IllegalStateException(made.describe());
      }
    }
  }

  Path home() {
    return home.path();
  }

  Path repository() {
    return home.path().resolve("repo");
  }

  /** The file, written anew. */
  Path file(String run) {
    return write(
        """
        http: {listen: "127.0.0.1:0"}
        run-directory: %1$s/%2$s
        state-directory: %1$s/state
        repositories:
          repo: {type: posix, path: %1$s/repo}
        clusters:
        %3$s
        %4$s
        """
            .formatted(home.path(), run, clusters, replicas));
  }

  Path write(String yaml) {
    try {
      return Files.writeString(home.path().resolve("tidemark.yaml"), yaml);
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  Daemon start(String run) {
    return Daemon.start(
        Configuration.load(file(run)),
        SystemdNotifier.of(Map.of(), ProcessHandle.current().pid()),
        _ -> {});
  }

  Answer get(Daemon daemon, String path) {
    return get(daemon.httpPort().orElseThrow(), path);
  }

  Answer get(int port, String path) {
    try {
      HttpResponse<String> response =
          http.send(
              HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
                  .timeout(LIMIT)
                  .build(),
              HttpResponse.BodyHandlers.ofString());
      return new Answer(
          response.statusCode(),
          response.headers().firstValue("content-type").orElse(""),
          response.body());
    } catch (IOException e) {
      throw new IllegalStateException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  void awaitReady(Daemon daemon, boolean ready) {
    await().atMost(LIMIT).until(() -> get(daemon, "/readyz").status() == (ready ? 200 : 503));
  }

  /** A metric's value; labels as {@code cluster="main",}, or empty. */
  OptionalDouble metric(Daemon daemon, Metric metric, String labels) {
    String start = metric.id() + (labels.isEmpty() ? " " : "{" + labels + "} ");
    return get(daemon, "/metrics")
        .body()
        .lines()
        .filter(line -> line.startsWith(start))
        .mapToDouble(line -> Double.parseDouble(line.substring(start.length())))
        .findFirst();
  }

  static Lsn write(TestCluster cluster) {
    cluster.sql(
        "CREATE TABLE IF NOT EXISTS t (x text)",
        "INSERT INTO t SELECT repeat('x', 100) FROM generate_series(1, 500)");
    return Lsn.parse(cluster.value("SELECT pg_current_wal_lsn()"));
  }

  /** What the slot has been told to be flushed. */
  static Lsn confirmed(TestCluster cluster, String slot) {
    return Lsn.parse(
        cluster.value(
            "SELECT coalesce(restart_lsn, '0/0') FROM pg_replication_slots WHERE slot_name = '"
                + slot
                + "'"));
  }

  @Override
  public void close() {
    http.close();
    home.close();
  }
}
