package io.tidemark.bench;

import io.tidemark.testing.OsUser;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;

/** Runs programs as the user that servers run as, in the work directory, their output in a file. */
final class Shell {
  private static final Duration LIMIT = Duration.ofMinutes(30);
  private static final int TAIL = 4_000;

  private final Path directory;
  private final Path output;

  /**
   * @param directory exists, and its user may write there
   */
  Shell(Path directory) {
    this.directory = directory;
    this.output = directory.resolve("output.log");
  }

  /** Runs to the end; IllegalStateException with the end of its output if it fails. */
  void run(List<String> command) {
    awaitSuccess(start(command), command);
  }

  /** As {@link #run}, of one line of sh. */
  void script(String line) {
    run(List.of("sh", "-c", line));
  }

  /** As {@link #run}, and gives back what it printed. */
  String outputOf(List<String> command) {
    write("");
    run(command);
    return text();
  }

  Process start(List<String> command) {
    List<String> dropped = OsUser.forServers().map(user -> user.command(command)).orElse(command);
    File file = output.toFile();
    ProcessBuilder builder =
        new ProcessBuilder(dropped)
            .directory(directory.toFile())
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.appendTo(file));
    builder.environment().keySet().removeIf(name -> name.toUpperCase(Locale.ROOT).startsWith("PG"));
    builder.environment().put("LC_ALL", "C.UTF-8");
    builder.environment().put("HOME", directory.toString());
    try {
      Process process = builder.start();
      process.getOutputStream().close();
      return process;
    } catch (IOException e) {
      throw new UncheckedIOException("cannot run " + String.join(" ", command), e);
    }
  }

  void awaitSuccess(Process process, List<String> command) {
    if (await(process, LIMIT) && process.exitValue() == 0) {
      return;
    }
    process.descendants().forEach(ProcessHandle::destroy);
    process.destroy();
    throw new IllegalStateException(
        "%s: %s%nEnd of what it printed:%n%s"
            .formatted(
                String.join(" ", command),
                process.isAlive() ? "still running" : "exit code " + process.exitValue(),
                tail()));
  }

  /** Asks a program to end, and waits until it has. */
  void end(Process process) {
    process.destroy();
    if (!await(process, Duration.ofMinutes(1))) {
      process.destroyForcibly();
      throw new IllegalStateException("did not end within a minute:\n" + tail());
    }
  }

  /** The end of what the programs printed. */
  String tail() {
    String text = text();
    return text.substring(Math.max(0, text.length() - TAIL));
  }

  private static boolean await(Process process, Duration limit) {
    try {
      return process.waitFor(limit.toSeconds(), TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      process.destroy();
      throw new IllegalStateException("interrupted", e);
    }
  }

  private void write(String text) {
    try {
      Files.writeString(output, text);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private String text() {
    try {
      return new String(Files.readAllBytes(output), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
