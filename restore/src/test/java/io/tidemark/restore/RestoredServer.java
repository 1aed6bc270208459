package io.tidemark.restore;

import io.tidemark.config.RestoreSettings;
import io.tidemark.postgres.HostPort;
import io.tidemark.postgres.PostgresEndpoint;
import io.tidemark.postgres.PostgresInstallation;
import io.tidemark.postgres.PostgresServer;
import io.tidemark.postgres.PostgresSession;
import io.tidemark.repository.ClusterRepository;
import io.tidemark.restore.RestoreOptions.Archiving;
import io.tidemark.restore.RestoreOptions.TargetAction;
import io.tidemark.testing.FreePort;
import io.tidemark.testing.OsUser;
import io.tidemark.testing.PostgresBinaries;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** A directory restored by a plan, its server, and the fetcher that serves it. */
final class RestoredServer implements AutoCloseable {
  private final ClusterRepository repository;
  private final RestorePlan plan;
  private final RestoreOptions options;
  private final PostgresServer server;
  private final int port = FreePort.find();

  RestoredServer(
      ClusterRepository repository,
      RestorePlan plan,
      PostgresBinaries binaries,
      Path directory,
      Map<Path, Path> tablespaces,
      TargetAction action) {
    this.repository = repository;
    this.plan = plan;
    this.options =
        new RestoreOptions(
            directory,
            false,
            tablespaces,
            2,
            OsUser.forServers().map(OsUser::name),
            action,
            false,
            Archiving.OFF);
    this.server =
        new PostgresServer(
            PostgresInstallation.find(binaries.major(), List.of(binaries.bin())), directory);
  }

  /** Writes the directory. */
  RestoredFiles restore() {
    WalGet walGet =
        new WalGet(
            Path.of("/nonexistent/tidemark"),
            Path.of("/nonexistent/tidemark.yaml"),
            "shop",
            WalGet.Mode.RESTORE,
            Duration.ofMinutes(1));
    return new Restore(repository, options, RestoreProgress.NONE)
        .run(
            plan,
            directory -> {
              String command = walGet.install(directory);
              FirstWal.stage(repository, plan, directory, RestoreSettings.defaults());
              return command;
            });
  }

  /** Starts the server and follows its recovery. */
  RecoveryProof recover(Map<String, String> settings) throws InterruptedException {
    Map<String, String> commandLine =
        new HashMap<>(Map.of("port", "" + port, "unix_socket_directories", "", "fsync", "off"));
    commandLine.putAll(settings);
    try (WalFetcher fetcher =
        WalFetcher.open(repository, options.directory(), RestoreSettings.defaults())
            .orElseThrow()) {
      Thread fetching = Thread.ofPlatform().start(fetcher::run);
      try {
        return new Recovery(server, this::session, plan, options.action())
            .run(commandLine, options.directory().resolve("recovery.log"), RecoveryProgress.NONE);
      } finally {
        fetching.interrupt();
        fetching.join();
      }
    }
  }

  PostgresSession session() {
    return PostgresSession.open(
        PostgresEndpoint.to(new HostPort("127.0.0.1", port), "postgres", "postgres"));
  }

  String value(String sql) {
    try (PostgresSession session = session()) {
      return session.value(sql).orElse("");
    }
  }

  boolean isRunning() {
    return server.isRunning();
  }

  Path directory() {
    return options.directory();
  }

  @Override
  public void close() {
    server.stop(PostgresServer.StopMode.FAST, Duration.ofMinutes(1));
  }
}
