package io.tidemark.postgres;

import io.tidemark.config.ErrorCode;
import io.tidemark.config.TidemarkException;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * A server on a data directory of this machine, controlled through pg_ctl as the directory's owner.
 * It outlives this process. Knows only what the directory says, so any process may stop what
 * another has started.
 */
public final class PostgresServer {
  private static final Duration POLL = Duration.ofMillis(50);

  /** How long a server may take to write its postmaster.pid. */
  private static final Duration APPEARANCE = Duration.ofSeconds(10);

  private static final int LOG_TAIL_BYTES = 4096;

  private final PostgresInstallation installation;
  private final Path data;

  /** How a server is asked to stop (pg_ctl's documentation). */
  public enum StopMode {
    /** Waits for clients to leave. */
    SMART,
    /** Ends sessions, writes a shutdown checkpoint. */
    FAST,
    /** No checkpoint: the next start recovers. */
    IMMEDIATE
  }

  /** What postmaster.pid says of a living process. */
  public enum Status {
    STOPPED,
    /** Starting, or in recovery that is not consistent yet. */
    STARTING,
    /** Accepts connections; on a standby read-only ones. */
    READY,
    /** A standby that accepts no connections: hot_standby is off. */
    STANDBY,
    STOPPING
  }

  public PostgresServer(PostgresInstallation installation, Path dataDirectory) {
    this.installation = installation;
    this.data = dataDirectory;
  }

  public Path dataDirectory() {
    return data;
  }

  /**
   * Starts the server and waits until it accepts connections.
   *
   * @param options settings for the command line, with precedence over every file
   * @param log gets what the server prints; appended, by the directory's owner
   * @throws TidemarkException POSTGRES_REFUSED with the end of the log where it ended; TIMED_OUT
   *     where it still starts
   */
  public void start(Map<String, String> options, Path log, Duration limit) {
    startWithoutWaiting(options, log);
    awaitReady(log, limit);
  }

  /** Starts the server, for a recovery that may be long or may end it. */
  public void startWithoutWaiting(Map<String, String> options, Path log) {
    if (isRunning()) {
      throw new TidemarkException(
          ErrorCode.DIRECTORY_REFUSED,
          "A server runs in " + data + " already.",
          "Stop it first: pg_ctl -D " + data + " stop");
    }
    pgCtl(
        "start",
        List.of("-W", "-l", log.toString(), "-o", commandLine(options)),
        APPEARANCE.multipliedBy(2));
  }

  /** Waits until a started server accepts connections; throws as {@link #start}. */
  public void awaitReady(Path log, Duration limit) {
    long begin = System.nanoTime();
    boolean seen = false;
    while (true) {
      Status status = status();
      if (status == Status.READY || status == Status.STANDBY) {
        return;
      }
      seen |= status != Status.STOPPED;
      Duration waited = Duration.ofNanos(System.nanoTime() - begin);
      if (status == Status.STOPPED && (seen || waited.compareTo(APPEARANCE) > 0)) {
        throw new TidemarkException(
            ErrorCode.POSTGRES_REFUSED,
            "PostgreSQL ended while it started in " + data + ". Its log says:\n" + tail(log),
            "Correct what the log names.");
      }
      requireTime(waited, limit, "PostgreSQL in " + data + " still starts", log.toString());
      pause();
    }
  }

  /** Stops the server and waits for its end; nothing where none runs. */
  public void stop(StopMode mode, Duration limit) {
    if (!isRunning()) {
      return;
    }
    String how = mode.name().toLowerCase(Locale.ROOT);
    try {
      pgCtl("stop", List.of("-W", "-m", how), APPEARANCE);
    } catch (TidemarkException e) {
      if (isRunning()) {
        throw e;
      }
    }
    long begin = System.nanoTime();
    while (isRunning()) {
      Duration waited = Duration.ofNanos(System.nanoTime() - begin);
      requireTime(waited, limit, "PostgreSQL in " + data + " still stops", "its log");
      pause();
    }
  }

  /** Has the server read its configuration files again. */
  public void reload() {
    pgCtl("reload", List.of(), APPEARANCE);
  }

  /** Ends recovery, and waits until the server is a primary. */
  public void promote(Duration limit) {
    String seconds = Long.toString(Math.max(1, limit.toSeconds()));
    pgCtl("promote", List.of("-w", "-t", seconds), limit.plus(APPEARANCE));
  }

  /** Whether a process of this data directory lives. */
  public boolean isRunning() {
    return status() != Status.STOPPED;
  }

  /** What the data directory says now. */
  public Status status() {
    return statusOf(data);
  }

  /** As {@link #status}, without a need for PostgreSQL's programs. */
  public static Status statusOf(Path data) {
    try {
      if (!PostmasterPid.isRunning(data)) {
        return Status.STOPPED;
      }
      Optional<PostmasterPid> file = PostmasterPid.read(data);
      return file.isEmpty() ? Status.STOPPED : status(file.get());
    } catch (IllegalArgumentException e) {
      // Half-written: it is being made.
      return Status.STARTING;
    } catch (IOException e) {
      throw new TidemarkException(
          ErrorCode.LOCAL_IO,
          PostmasterPid.FILE_NAME + " in " + data + " cannot be read: " + e,
          "Run this as the directory's owner.",
          e);
    }
  }

  private static Status status(PostmasterPid file) {
    return switch (file.status().orElse("starting")) {
      case "ready" -> Status.READY;
      case "standby" -> Status.STANDBY;
      case "stopping" -> Status.STOPPING;
      default -> Status.STARTING;
    };
  }

  private void pgCtl(String action, List<String> arguments, Duration limit) {
    List<String> command = new ArrayList<>();
    command.add(installation.program("pg_ctl").toString());
    command.addAll(List.of(action, "-D", data.toString()));
    command.addAll(arguments);
    LocalCommand.Result result =
        LocalCommand.run(LocalCommand.asOwnerOf(data, command), data, limit);
    if (result.exitCode() != 0) {
      throw new TidemarkException(
          ErrorCode.POSTGRES_REFUSED,
          "pg_ctl %s failed in %s: %s".formatted(action, data, result.output().strip()),
          "See the server's log.");
    }
  }

  // pg_ctl hands the options to a shell.
  private static String commandLine(Map<String, String> options) {
    return options.entrySet().stream()
        .map(option -> "-c " + quoted(option.getKey() + "=" + option.getValue()))
        .collect(Collectors.joining(" "));
  }

  private static String quoted(String word) {
    return "'" + word.replace("'", "'\\''") + "'";
  }

  private static void requireTime(Duration waited, Duration limit, String found, String where) {
    if (waited.compareTo(limit) > 0) {
      throw new TidemarkException(
          ErrorCode.TIMED_OUT, found + " after " + limit + ".", "See " + where + ".");
    }
  }

  private static void pause() {
    Poll.pause(POLL, "Interrupted while waiting for PostgreSQL.", "");
  }

  /** The end of what a server printed, for messages. */
  public static String tail(Path log) {
    try (RandomAccessFile file = new RandomAccessFile(log.toFile(), "r")) {
      long start = Math.max(0, file.length() - LOG_TAIL_BYTES);
      file.seek(start);
      byte[] bytes = new byte[(int) (file.length() - start)];
      file.readFully(bytes);
      return new String(bytes, StandardCharsets.UTF_8).strip();
    } catch (IOException e) {
      return "(its log " + log + " cannot be read: " + e + ")";
    }
  }
}
