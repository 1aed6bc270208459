package io.tidemark.analytics;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/**
 * The feeds of a configuration in a process of their own, with the memory of a small daemon, which
 * may be killed and started again. Its log is continued.
 */
final class FeedProcess implements AutoCloseable {
  private static final Pattern PEAK = Pattern.compile("VmHWM:\\s+(\\d+) kB");
  private static final int SHOWN = 6000;

  private final Path configuration;
  private final Path log;
  private final List<String> options;
  private Process process;

  private FeedProcess(Path configuration, Path log, List<String> options) {
    this.configuration = configuration;
    this.log = log;
    this.options = options;
    this.process = launch();
  }

  /**
   * @param options of the JVM, beside those that a daemon has
   */
  static FeedProcess start(Path configuration, Path log, String... options) {
    return new FeedProcess(configuration, log, List.of(options));
  }

  private Process launch() {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(
        List.of(
            "-XX:+UseSerialGC",
            "--enable-native-access=ALL-UNNAMED",
            "--sun-misc-unsafe-memory-access=allow"));
    command.addAll(options);
    command.addAll(
        List.of(
            "-cp",
            System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
            FeedProcessMain.class.getName(),
            configuration.toString()));
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.environment().put("MALLOC_ARENA_MAX", "2");
    builder.redirectErrorStream(true).redirectOutput(Redirect.appendTo(log.toFile()));
    try {
      return builder.start();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Starts it again, after it was killed. */
  void startAgain() {
    kill9();
    process = launch();
  }

  /** Kills it, and waits for its end. */
  void kill9() {
    process.destroyForcibly().onExit().join();
  }

  boolean isAlive() {
    return process.isAlive();
  }

  String log() {
    try {
      return Files.exists(log) ? Files.readString(log) : "";
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  String logTail() {
    String all = log();
    return all.substring(Math.max(0, all.length() - SHOWN));
  }

  /** The most that was resident at any time since it started. */
  long peakBytes() {
    try {
      String status = Files.readString(Path.of("/proc/" + process.pid() + "/status"));
      return PEAK.matcher(status)
          .results()
          .mapToLong(found -> Long.parseLong(found.group(1)) * 1024)
          .findFirst()
          .orElseThrow();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void close() {
    kill9();
  }
}
