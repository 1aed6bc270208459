package io.tidemark.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** One run of another program, to its end, with a deadline. */
final class Command {
  private static final Duration LIMIT = Duration.ofMinutes(2);

  /** What a program that has ended left behind: exit code, and both outputs as one text. */
  record Result(List<String> command, int exitCode, String output) {
    /** Itself if the exit code is 0; else IllegalStateException with the output. */
    Result orThrow() {
      if (exitCode != 0) {
        throw new IllegalStateException(
            "exit code %d from %s:%n%s".formatted(exitCode, String.join(" ", command), output));
      }
      return this;
    }
  }

  private Command() {}

  /** Runs to the end. A program that takes longer than two minutes is killed and is a failure. */
  static Result run(List<String> command) {
    return run(command, Map.of());
  }

  static Result run(List<String> command, Map<String, String> environment) {
    try {
      Path output = Files.createTempFile("tidemark-command-", ".out");
      try {
        Process process = builder(command, environment).redirectOutput(output.toFile()).start();
        process.getOutputStream().close();
        int code = await(process, command);
        return new Result(
            command, code, new String(Files.readAllBytes(output), StandardCharsets.UTF_8));
      } finally {
        Files.deleteIfExists(output);
      }
    } catch (IOException e) {
      throw new UncheckedIOException("cannot run " + String.join(" ", command), e);
    }
  }

  /** Both outputs joined, working directory /, no PG* variables, messages in English. */
  static ProcessBuilder builder(List<String> command, Map<String, String> environment) {
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    // The caller's directory may be closed to the user that the program runs as.
    builder.directory(Path.of("/").toFile());
    builder.environment().keySet().removeIf(name -> name.toUpperCase(Locale.ROOT).startsWith("PG"));
    builder.environment().put("LC_ALL", "C");
    builder.environment().putAll(environment);
    return builder;
  }

  private static int await(Process process, List<String> command) {
    try {
      if (process.waitFor(LIMIT.toSeconds(), TimeUnit.SECONDS)) {
        return process.exitValue();
      }
      throw new IllegalStateException(
          "still running after " + LIMIT + ": " + String.join(" ", command));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted in " + String.join(" ", command), e);
    } finally {
      process.destroyForcibly();
    }
  }
}
