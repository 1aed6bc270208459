package io.tidemark.demo;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.tidemark.config.ErrorCode;
import io.tidemark.config.TidemarkException;
import io.tidemark.testing.OsUser;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** The program {@code tidemark}, run as its users run it: as other processes, by its launcher. */
final class Program {
  private static final Duration LIMIT = Duration.ofMinutes(5);
  private static final int TAIL = 2000;

  private final DemoHome home;
  private final Path launcher;

  private Program(DemoHome home, Path launcher) {
    this.home = home;
    this.launcher = launcher;
  }

  /** Installs the program that this JVM runs in the folder, where servers can reach it. */
  static Program install(DemoHome home) {
    return new Program(home, Installation.into(home));
  }

  /**
   * Runs one command to its end.
   *
   * @return what it printed with {@code --json}
   * @throws TidemarkException with the command's own code and words where it fails
   */
  JsonNode run(String... arguments) {
    Path out = home.resolve("logs/" + arguments[0] + ".json");
    Path log = home.resolve("logs/" + arguments[0] + ".log");
    List<String> command = new ArrayList<>(List.of(arguments));
    command.add("--json");
    Process process = start(command, out, log);
    try {
      if (!process.waitFor(LIMIT.toSeconds(), TimeUnit.SECONDS)) {
        throw new TidemarkException(
            ErrorCode.TIMED_OUT, "tidemark " + arguments[0] + " runs for " + LIMIT, tail(log));
      }
      String printed = Files.readString(out);
      if (process.exitValue() != 0) {
        throw failure(String.join(" ", arguments), process.exitValue(), printed, log);
      }
      return new ObjectMapper().readTree(printed);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new TidemarkException(ErrorCode.INTERRUPTED, "the demo was interrupted", "", e);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } finally {
      process.destroyForcibly();
    }
  }

  /** Starts the daemon. */
  DaemonProcess daemon(int httpPort) {
    Path log = home.resolve("logs/daemon.log");
    return new DaemonProcess(start(List.of("daemon"), log, log), log, httpPort);
  }

  private Process start(List<String> arguments, Path out, Path err) {
    List<String> command = new ArrayList<>(List.of(launcher.toString()));
    command.addAll(arguments);
    command.addAll(List.of("--config", home.resolve(Settings.FILE).toString()));
    List<String> dropped = OsUser.forServers().map(user -> user.command(command)).orElse(command);
    ProcessBuilder builder = new ProcessBuilder(dropped).directory(home.path().toFile());
    builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
    builder.environment().put("HOME", home.path().toString());
    try {
      Process process =
          builder
              .redirectOutput(ProcessBuilder.Redirect.appendTo(out.toFile()))
              .redirectError(ProcessBuilder.Redirect.appendTo(err.toFile()))
              .start();
      process.getOutputStream().close();
      return process;
    } catch (IOException e) {
      throw new UncheckedIOException("cannot start " + String.join(" ", dropped), e);
    }
  }

  private static TidemarkException failure(
      String arguments, int exitCode, String printed, Path log) {
    ErrorCode code =
        Arrays.stream(ErrorCode.values())
            .filter(each -> each.exitCode() == exitCode)
            .findFirst()
            .orElse(ErrorCode.INTERNAL);
    return new TidemarkException(
        code,
        "tidemark " + arguments + " ended with exit code " + exitCode + ": " + words(printed, log),
        "");
  }

  private static String words(String printed, Path log) {
    try {
      JsonNode error = new ObjectMapper().readTree(printed).path("error");
      if (error.hasNonNull("message")) {
        return error.path("message").asText() + " " + error.path("hint").asText();
      }
    } catch (IOException notJson) {
      return printed + tail(log);
    }
    return printed + tail(log);
  }

  static String tail(Path log) {
    try {
      String text = Files.readString(log);
      return text.substring(Math.max(0, text.length() - TAIL));
    } catch (IOException e) {
      return "(" + log + " cannot be read: " + e + ")";
    }
  }
}
