package io.tidemark.testing;

import io.tidemark.testing.TestCluster.StopMode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/** One run of a server: its process, a child of this JVM, and its descendants. */
final class Postmaster {
  private static final long POLL_MILLIS = 10;
  private static final int TAIL_BYTES = 8_192;
  private static final Duration KILL_LIMIT = Duration.ofSeconds(20);

  private final Process process;
  private final Path data;
  private final Path log;

  private Postmaster(Process process, Path data, Path log) {
    this.process = process;
    this.data = data;
    this.log = log;
  }

  static Postmaster start(
      PostgresBinaries binaries, Path data, Path log, Map<String, String> commandLine) {
    List<String> command = new ArrayList<>(binaries.command("postgres", "-D", data));
    commandLine.forEach((name, value) -> command.addAll(List.of("-c", name + "=" + value)));
    try {
      // setpriv execs, so the child is the postmaster itself and not something in front of it.
      Process process =
          Command.builder(OsUser.unprivileged(command), Map.of())
              .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()))
              .start();
      process.getOutputStream().close();
      return new Postmaster(process, data, log);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot start " + String.join(" ", command), e);
    }
  }

  long pid() {
    return process.pid();
  }

  boolean isAlive() {
    return process.isAlive();
  }

  /** Line 8 of postmaster.pid says when connections are accepted (miscadmin.h). */
  void awaitReady(Duration limit) {
    awaitCondition(limit, "accepts connections", this::acceptsConnections);
  }

  /** Polls; IllegalStateException when the limit is over or the server ends before. */
  void awaitCondition(Duration limit, String what, BooleanSupplier condition) {
    boolean decided = poll(limit, () -> !isAlive() || condition.getAsBoolean());
    if (!decided) {
      throw failure("waited in vain until it " + what + ", for " + limit);
    }
    if (!isAlive()) {
      throw failure("ended with exit code " + process.exitValue());
    }
  }

  int awaitExit(Duration limit) {
    if (!awaitEnd(limit)) {
      throw failure("still running after " + limit);
    }
    return process.exitValue();
  }

  void stop(StopMode mode, Duration limit) {
    if (!isAlive()) {
      throw failure("ended before it was asked to");
    }
    signal(mode.signal, process.pid());
    if (!awaitEnd(limit)) {
      throw failure("still running " + limit + " after a " + mode + " shutdown");
    }
  }

  void kill9(Duration limit) {
    // Stopped first, so that it cannot fork or clean up while its children are collected. These
    // are leaders of sessions of their own: a signal to the postmaster's group misses them.
    signal("STOP", process.pid());
    List<ProcessHandle> children = process.descendants().toList();
    process.destroyForcibly();
    children.forEach(ProcessHandle::destroyForcibly);
    boolean gone =
        poll(limit, () -> !isAlive() && children.stream().noneMatch(ProcessHandle::isAlive));
    if (!gone) {
      throw failure("processes left " + limit + " after SIGKILL");
    }
  }

  /** Whatever state it is in: afterwards there is no process and no System V memory of it. */
  void endForGood(Duration limit) {
    if (isAlive()) {
      signal(StopMode.IMMEDIATE.signal, process.pid());
      if (!awaitEnd(limit)) {
        kill9(KILL_LIMIT);
      }
    }
    removeSharedMemory();
  }

  /** A killed server leaves its interlock segment, whose id ends line 7 of postmaster.pid. */
  private void removeSharedMemory() {
    List<String> lines = pidFile();
    if (lines.size() >= 7) {
      String line = lines.get(6).strip();
      String id = line.substring(line.lastIndexOf(' ') + 1);
      Command.run(List.of("ipcrm", "-m", id));
    }
  }

  private boolean acceptsConnections() {
    List<String> lines = pidFile();
    return lines.size() >= 8
        && lines.getFirst().strip().equals("" + process.pid())
        && (lines.get(7).strip().equals("ready") || lines.get(7).strip().equals("standby"));
  }

  private List<String> pidFile() {
    return read(data.resolve("postmaster.pid")).lines().toList();
  }

  private boolean awaitEnd(Duration limit) {
    try {
      return process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw failure("interrupted while waiting for its end");
    }
  }

  private boolean poll(Duration limit, BooleanSupplier condition) {
    long deadline = System.nanoTime() + limit.toNanos();
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() - deadline > 0) {
        return false;
      }
      try {
        TimeUnit.MILLISECONDS.sleep(POLL_MILLIS);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw failure("interrupted");
      }
    }
    return true;
  }

  private IllegalStateException failure(String what) {
    return new IllegalStateException(
        "PostgreSQL in %s: %s. End of its log:%n%s".formatted(data, what, tail(log)));
  }

  private static void signal(String name, long pid) {
    Command.run(List.of("sh", "-c", "kill -" + name + " " + pid)).orThrow();
  }

  /** The whole text, or nothing where there is no such file. */
  static String read(Path file) {
    try {
      return Files.exists(file) ? new String(Files.readAllBytes(file), StandardCharsets.UTF_8) : "";
    } catch (IOException vanished) {
      if (Files.exists(file)) {
        throw new UncheckedIOException(vanished);
      }
      return "";
    }
  }

  static String tail(Path file) {
    String text = read(file);
    return text.substring(Math.max(0, text.length() - TAIL_BYTES));
  }
}
