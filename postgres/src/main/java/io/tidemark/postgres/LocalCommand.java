package io.tidemark.postgres;

import io.tidemark.config.ErrorCode;
import io.tidemark.config.TidemarkException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Runs a program of PostgreSQL's, or about one of its servers, to its end. */
public final class LocalCommand {
  private LocalCommand() {}

  /**
   * How it ended.
   *
   * @param output both outputs together; short, as a pipe must hold it
   */
  public record Result(int exitCode, String output) {}

  /**
   * The command as the owner of {@code path} runs it: PostgreSQL refuses root, and files of another
   * owner than its own.
   */
  public static List<String> asOwnerOf(Path path, List<String> command) {
    int uid = attribute(path, "unix:uid");
    if (attribute(Path.of("/proc/self"), "unix:uid") != 0) {
      return command;
    }
    if (uid == 0) {
      throw new TidemarkException(
          ErrorCode.DIRECTORY_REFUSED,
          path + " belongs to root; PostgreSQL runs only as another user, who owns it.",
          "chown -R postgres: " + path);
    }
    String gid = Integer.toString(attribute(path, "unix:gid"));
    List<String> dropped = new ArrayList<>();
    dropped.addAll(List.of("setpriv", "--reuid", Integer.toString(uid), "--regid", gid));
    dropped.addAll(List.of("--clear-groups", "--"));
    dropped.addAll(command);
    return dropped;
  }

  /**
   * Runs it, and kills it at the limit or when the thread is interrupted.
   *
   * @throws TidemarkException TIMED_OUT, INTERRUPTED; SOFTWARE_MISSING where it cannot be run
   */
  public static Result run(List<String> command, Path directory, Duration limit) {
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.directory(directory.toFile()).redirectErrorStream(true);
    // PGPORT, PGDATA, PGOPTIONS and the like of our own environment are not meant for a server.
    builder.environment().keySet().removeIf(name -> name.startsWith("PG"));
    @Nullable Process process = null;
    try {
      process = builder.start();
      process.getOutputStream().close();
      if (!process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS)) {
        throw new TidemarkException(
            ErrorCode.TIMED_OUT, command.getFirst() + " did not end within " + limit + ".", "");
      }
      byte[] output = process.getInputStream().readAllBytes();
      return new Result(process.exitValue(), new String(output, StandardCharsets.UTF_8));
    } catch (IOException e) {
      throw new TidemarkException(
          ErrorCode.SOFTWARE_MISSING,
          "The program " + command.getFirst() + " cannot be run: " + e.getMessage(),
          "Install it, and make it executable for this user.",
          e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new TidemarkException(
          ErrorCode.INTERRUPTED, "Interrupted while " + command.getFirst() + " ran.", "", e);
    } finally {
      if (process != null) {
        process.destroyForcibly();
      }
    }
  }

  private static int attribute(Path path, String name) {
    try {
      return (Integer) Files.getAttribute(path, name);
    } catch (IOException e) {
      throw new TidemarkException(ErrorCode.LOCAL_IO, path + " cannot be looked at: " + e, "", e);
    }
  }
}
