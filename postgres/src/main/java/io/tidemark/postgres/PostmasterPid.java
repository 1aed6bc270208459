package io.tidemark.postgres;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * A data directory's {@code postmaster.pid} (pidfile.h): written in steps while a server starts, so
 * that all but the first lines may be missing.
 *
 * @param pid the server's process ID
 * @param port empty while it starts, and for a single-user backend
 * @param socketDirectory empty where there is no Unix socket
 * @param status {@code starting}, {@code stopping}, {@code ready} or {@code standby}
 */
public record PostmasterPid(
    long pid,
    String dataDirectory,
    OptionalInt port,
    Optional<String> socketDirectory,
    Optional<String> status) {
  /** Its name in a data directory. */
  public static final String FILE_NAME = "postmaster.pid";

  /** Reads the file's text. Throws IllegalArgumentException where there is no process ID. */
  public static PostmasterPid parse(String text) {
    List<String> lines = text.lines().map(String::strip).toList();
    // A single-user backend writes its process ID negated (CreateLockFile in miscinit.c).
    long pid = lines.isEmpty() ? 0 : Math.abs(Long.parseLong(lines.getFirst()));
    if (pid == 0) {
      throw new IllegalArgumentException(
          "postmaster.pid begins with no process ID: '" + text + "'");
    }
    Optional<String> port = line(lines, 3).filter(p -> p.matches("[0-9]{1,5}"));
    return new PostmasterPid(
        pid,
        line(lines, 1).orElse(""),
        port.isPresent() ? OptionalInt.of(Integer.parseInt(port.get())) : OptionalInt.empty(),
        line(lines, 4),
        line(lines, 7));
  }

  /** Whether the server accepts connections. */
  public boolean isReady() {
    return status.filter(s -> s.equals("ready") || s.equals("standby")).isPresent();
  }

  /** Reads the file of {@code dataDirectory}; empty where there is none. */
  public static Optional<PostmasterPid> read(Path dataDirectory) throws IOException {
    try {
      return Optional.of(parse(Files.readString(dataDirectory.resolve(FILE_NAME))));
    } catch (NoSuchFileException e) {
      return Optional.empty();
    }
  }

  /**
   * Whether a server seems to run in {@code dataDirectory}: its file is there and names a living
   * process, or cannot be understood. May err on the side of yes, where a process of another kind
   * has taken the number of a server that crashed.
   */
  public static boolean isRunning(Path dataDirectory) throws IOException {
    try {
      return read(dataDirectory)
          .flatMap(file -> ProcessHandle.of(file.pid()))
          .filter(ProcessHandle::isAlive)
          .isPresent();
    } catch (IllegalArgumentException e) {
      // An empty or half-written file is what a server that is just starting leaves.
      return true;
    }
  }

  private static Optional<String> line(List<String> lines, int index) {
    return index < lines.size() && !lines.get(index).isEmpty()
        ? Optional.of(lines.get(index))
        : Optional.empty();
  }
}
