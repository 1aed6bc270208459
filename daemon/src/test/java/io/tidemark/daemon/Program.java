package io.tidemark.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.awaitility.Awaitility;

/** The program in a process of its own, with the JVM's options that the launcher gives a daemon. */
final class Program implements AutoCloseable {
  private static final Pattern OPTION = Pattern.compile("-X[^'\"$\\s]+");
  private static final Pattern PEAK = Pattern.compile("VmHWM:\\s+(\\d+) kB");

  private final Process process;
  private final Path log;

  private Program(Process process, Path log) {
    this.process = process;
    this.log = log;
  }

  static Program start(Path configuration, Path log, String... arguments) throws IOException {
    return start(builder(configuration, arguments), log);
  }

  static Program start(ProcessBuilder builder, Path log) throws IOException {
    return new Program(builder.redirectErrorStream(true).redirectOutput(log.toFile()).start(), log);
  }

  static ProcessBuilder builder(Path configuration, String... arguments) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(launcherOptions());
    command.addAll(
        List.of(
            "--enable-native-access=ALL-UNNAMED",
            "--sun-misc-unsafe-memory-access=allow",
            "-cp",
            System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
            Tidemark.class.getName()));
    command.addAll(List.of(arguments));
    command.addAll(List.of("--config", configuration.toString()));
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.environment().put("MALLOC_ARENA_MAX", "2");
    return builder;
  }

  private static List<String> launcherOptions() throws IOException {
    Path root = Path.of(System.getProperty("tidemark.root", ".."));
    String script = Files.readString(root.resolve("tidemark"));
    String options = section(script, "    daemon)\n", ";;") + section(script, "jvm='", "'\n");
    List<String> found = OPTION.matcher(options).results().map(MatchResult::group).toList();
    assertThat(found).anyMatch(o -> o.startsWith("-Xmx")).contains("-XX:+UseSerialGC");
    return found;
  }

  private static String section(String script, String from, String to) {
    int begin = script.indexOf(from) + from.length();
    return script.substring(begin, script.indexOf(to, begin));
  }

  void signal(String name) throws IOException, InterruptedException {
    List<String> command = List.of("kill", "-" + name, "" + process.pid());
    assertThat(new ProcessBuilder(command).start().waitFor()).isZero();
  }

  void awaitLog(String text) {
    Awaitility.await()
        .atMost(DaemonSite.LIMIT)
        .untilAsserted(() -> assertThat(log()).contains(text));
  }

  String log() throws IOException {
    return Files.readString(log);
  }

  boolean isAlive() {
    return process.isAlive();
  }

  int awaitExit(int seconds) throws IOException, InterruptedException {
    assertThat(process.waitFor(seconds, TimeUnit.SECONDS)).as(log()).isTrue();
    return process.exitValue();
  }

  /** The most that was resident at any time since it started. */
  long peakBytes() throws IOException {
    String status = Files.readString(Path.of("/proc/" + process.pid() + "/status"));
    return PEAK.matcher(status)
        .results()
        .mapToLong(found -> Long.parseLong(found.group(1)) * 1024)
        .findFirst()
        .orElseThrow();
  }

  @Override
  public void close() {
    process.destroyForcibly().onExit().join();
  }
}
