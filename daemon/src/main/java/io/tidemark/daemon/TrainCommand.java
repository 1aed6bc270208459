package io.tidemark.daemon;

import io.tidemark.config.ClusterSettings;
import io.tidemark.config.Configuration;
import io.tidemark.config.RepositorySettings;
import io.tidemark.postgres.DurableFiles;
import io.tidemark.repository.ClusterRepository;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import picocli.CommandLine.Command;

/**
 * Runs commands on a made-up cluster, for nothing but their running: the Java that makes the
 * launcher's AOT cache notes what they need (docs/decisions/0007-aot-cache.md).
 */
@Command(
    name = "train",
    hidden = true,
    description = "Runs commands on a made-up cluster. The launcher makes its AOT cache of it.")
final class TrainCommand implements Callable<Integer> {
  private final Invocation invocation;

  TrainCommand(Invocation invocation) {
    this.invocation = invocation;
  }

  @Override
  public Integer call() throws IOException {
    Path home = Files.createTempDirectory("tidemark-train-");
    try {
      Path config = write(home);
      make(config);
      return train(config, home.resolve("restored"));
    } finally {
      remove(home);
    }
  }

  private void make(Path config) {
    Configuration configuration = Configuration.load(config);
    ClusterSettings cluster = configuration.cluster("near");
    RepositorySettings settings = configuration.repositoryOf(cluster);
    try (Wiring wiring = invocation.wiring(configuration);
        ClusterRepository repository =
            MadeUpCluster.create(
                wiring.createStore(settings), cluster.name(), Wiring.options(settings))) {
      MadeUpCluster.fill(repository);
    }
  }

  private static int train(Path config, Path target) {
    String owner = System.getProperty("user.name");
    for (List<String> works :
        List.of(
            List.of("restore", "near", "--to", target.toString(), "--owner", owner),
            List.of("verify", "near"),
            List.of("wal", "list", "near", "--json"),
            List.of("status", "near"))) {
      int exitCode = run(config, works);
      if (exitCode != 0) {
        return exitCode;
      }
    }
    // The server and the store far away are not there: to fail is training, too.
    run(config, List.of("check", "near"));
    run(config, List.of("status", "far"));
    return 0;
  }

  private static int run(Path config, List<String> command) {
    PrintStream nowhere =
        new PrintStream(OutputStream.nullOutputStream(), false, StandardCharsets.UTF_8);
    return Tidemark.run(
        Stream.concat(Stream.of("--config", config.toString()), command.stream())
            .toArray(String[]::new),
        nowhere,
        nowhere);
  }

  private static Path write(Path home) throws IOException {
    Path key = Files.writeString(home.resolve("key"), "nobody");
    Files.setPosixFilePermissions(key, DurableFiles.PRIVATE);
    return Files.writeString(
        home.resolve("tidemark.yaml"),
        """
        state-directory: %1$s
        run-directory: %1$s
        repositories:
          near: {type: posix, path: %1$s/repository}
          far:
            type: s3
            bucket: nobody
            endpoint: http://127.0.0.1:1
            access-key-id-file: %1$s/key
            secret-access-key-file: %1$s/key
            retry: {attempts: 1}
        clusters:
          near:
            repository: near
            connection: {host: 127.0.0.1, port: 1, user: nobody, sslmode: disable}
          far:
            repository: far
            connection: {host: 127.0.0.1, port: 1, user: nobody, sslmode: disable}
        """
            .formatted(home));
  }

  private static void remove(Path home) throws IOException {
    try (Stream<Path> all = Files.walk(home)) {
      for (Path path : all.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(path);
      }
    }
  }
}
