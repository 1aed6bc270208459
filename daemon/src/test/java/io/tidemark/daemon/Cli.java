package io.tidemark.daemon;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.tidemark.testing.TestCluster;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** Runs command lines in this process, with a configuration of one cluster. */
final class Cli {
  private final Path home;
  private final Path config;

  /** How a command line ended. */
  record Result(int exitCode, String out, String err) {
    JsonNode json() {
      try {
        return new ObjectMapper().readTree(out);
      } catch (IOException e) {
        throw new UncheckedIOException(out, e);
      }
    }
  }

  /**
   * @param home for the configuration and the repository
   */
  Cli(Path home) {
    this.home = home;
    this.config = home.resolve("tidemark.yaml");
  }

  Path home() {
    return home;
  }

  Path repository() {
    return home.resolve("repository");
  }

  Path config() {
    return config;
  }

  /** With a cluster {@code shop} on that server, and more lines under it. */
  Cli configure(TestCluster cluster, String... more) {
    return configure(cluster.port(), cluster.user(), repository(), "", more);
  }

  Cli configure(int port, String user, Path repository, String ofRepository, String... more) {
    write(
        """
        repositories:
          here:
            type: posix
            path: %s
            retry: {attempts: 1, total: 1s}
        %s
        clusters:
          shop:
            repository: here
            connection: {host: 127.0.0.1, port: %d, user: %s, connect-timeout: 5s}
        %s
        """
            .formatted(
                repository, ofRepository.indent(4), port, user, String.join("\n", more).indent(4)));
    return this;
  }

  void write(String yaml) {
    try {
      Files.writeString(config, yaml);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  Result run(String... args) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    int exitCode =
        Tidemark.run(
            Stream.concat(Stream.of(args), Stream.of("--config", config.toString()))
                .toArray(String[]::new),
            new PrintStream(out, true, StandardCharsets.UTF_8),
            new PrintStream(err, true, StandardCharsets.UTF_8));
    return new Result(
        exitCode, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
  }

  /** Every file and directory of the home but the configuration, with its size. */
  List<String> tree() {
    try (Stream<Path> all = Files.walk(home)) {
      return all.filter(path -> !path.equals(config))
          .map(path -> home.relativize(path) + " " + path.toFile().length())
          .sorted()
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
