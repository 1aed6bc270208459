package io.tidemark.config;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;

/** Runs one program of the checkout and waits for its end. */
final class Shell {
  private static final int LONGEST_SECONDS = 60;

  /** How a program ended and what it printed. */
  record Result(int exitCode, String out, String err) {}

  private Shell() {}

  /** The checkout's top. */
  static Path root() {
    return Path.of(Objects.requireNonNull(System.getProperty("tidemark.root"), "tidemark.root"));
  }

  /** Whether a program is on PATH. */
  static boolean has(String program) {
    return List.of(Objects.requireNonNullElse(System.getenv("PATH"), "").split(":")).stream()
        .anyMatch(directory -> Files.isExecutable(Path.of(directory, program)));
  }

  static Result run(Path directory, Map<String, String> environment, List<String> command)
      throws IOException, InterruptedException {
    Path out = Files.createTempFile("tidemark-", ".out");
    Path err = Files.createTempFile("tidemark-", ".err");
    try {
      ProcessBuilder builder = new ProcessBuilder(command).directory(directory.toFile());
      builder.environment().putAll(environment);
      Process process = builder.redirectOutput(out.toFile()).redirectError(err.toFile()).start();
      if (!process.waitFor(LONGEST_SECONDS, TimeUnit.SECONDS)) {
        process.destroyForcibly().waitFor();
        throw new IOException(command + " did not end within " + LONGEST_SECONDS + " s");
      }
      return new Result(process.exitValue(), text(out), text(err));
    } finally {
      Files.delete(out);
      Files.delete(err);
    }
  }

  private static String text(Path file) throws IOException {
    return Files.readString(file, StandardCharsets.UTF_8);
  }
}
