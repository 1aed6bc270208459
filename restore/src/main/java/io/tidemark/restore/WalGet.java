package io.tidemark.restore;

import io.tidemark.postgres.DurableFiles;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;
import java.util.Objects;

/**
 * Installs the script that PostgreSQL calls for each WAL file of a recovery.
 *
 * @param launcher the program {@code tidemark}, which the script starts if no fetcher lives
 * @param configuration the configuration file, which whoever runs the server must be able to read
 * @param patience how long the script waits for an answer
 */
public record WalGet(
    Path launcher, Path configuration, String cluster, Mode mode, Duration patience) {
  /** What PostgreSQL does with an answer differs. */
  public enum Mode {
    /** Any answer but a file or "absent" aborts recovery. */
    RESTORE,
    /** A standby asks again and again; an abort would end the server. */
    STANDBY;

    /**
     * The value of {@code restore_command}; PostgreSQL runs it in the data directory.
     *
     * <p>For a standby every failure, even of the shell itself, is one more "not yet": a code above
     * 125 would end the server.
     */
    public String restoreCommand() {
      String command = "/bin/sh pg_wal/tidemark/wal-get %f \"%p\"";
      return this == STANDBY ? command + " || exit 1" : command;
    }

    /** As the script and the command line spell it. */
    public String word() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /**
   * Writes the script into a data directory.
   *
   * @return the value for {@code restore_command}
   */
  public String install(Path dataDirectory) {
    try {
      Path script = WalStage.of(dataDirectory).home().resolve("wal-get");
      DurableFiles.write(script, render().getBytes(StandardCharsets.UTF_8), DurableFiles.PRIVATE);
      Files.setOwner(script, Files.getOwner(dataDirectory));
      return mode.restoreCommand();
    } catch (IOException e) {
      throw TargetDirectory.cannot("install wal-get in", dataDirectory, e);
    }
  }

  private String render() {
    return template()
        .replace("@LAUNCHER@", quote(launcher.toString()))
        .replace("@CONFIG@", quote(configuration.toString()))
        .replace("@CLUSTER@", quote(cluster))
        .replace("@MODE@", mode.word())
        .replace("@PATIENCE@", Long.toString(Math.max(1, patience.toSeconds())));
  }

  private static String quote(String word) {
    return "'" + word.replace("'", "'\\''") + "'";
  }

  private static String template() {
    try (InputStream in = WalGet.class.getResourceAsStream("wal-get.sh")) {
      return new String(Objects.requireNonNull(in).readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
