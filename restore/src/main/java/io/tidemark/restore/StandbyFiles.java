package io.tidemark.restore;

import io.tidemark.config.TidemarkException;
import io.tidemark.postgres.FileMode;
import io.tidemark.postgres.TablespaceMap;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** What a data directory that exists must hold to be a standby's. All of it is durable at once. */
public final class StandbyFiles {
  private static final String SIGNAL = "standby.signal";

  private StandbyFiles() {}

  /**
   * Replaces, as a whole, the settings that Tidemark has written into postgresql.auto.conf. What
   * they replace of the same names goes, everything else in the file stays. Values that the server
   * wrote there since (ALTER SYSTEM) are kept where these do not name them.
   *
   * @param settings names to values, in order, all that are to be there
   * @throws TidemarkException LOCAL_IO
   */
  public static void writeSettings(Path dataDirectory, Map<String, String> settings) {
    writeSettings(paths(dataDirectory), settings);
  }

  /**
   * Makes a standby of what has been another kind of server: settings as above, standby.signal, and
   * the configuration files where there are none.
   */
  public static void makeStandby(Path dataDirectory, Map<String, String> settings) {
    PathResolver paths = paths(dataDirectory);
    try {
      // In this order: with the signal it may be started.
      writeSettings(paths, settings);
      new MissingConfiguration(paths).write();
      paths.write(SIGNAL, new byte[0]);
      Files.deleteIfExists(dataDirectory.resolve("recovery.signal"));
    } catch (IOException e) {
      throw TargetDirectory.cannot("make a standby of", dataDirectory, e);
    }
  }

  static void writeSettings(PathResolver paths, Map<String, String> settings) {
    try {
      byte[] before = AutoConf.read(paths.root().resolve(AutoConf.NAME));
      paths.write(AutoConf.NAME, AutoConf.renderStandby(before, settings));
    } catch (IOException e) {
      throw TargetDirectory.cannot("write settings in", paths.root(), e);
    }
  }

  /** The directory as it is: its owner, and whether its group may read. */
  private static PathResolver paths(Path dataDirectory) {
    try {
      boolean groupReads = (FileMode.of(Files.getPosixFilePermissions(dataDirectory)) & 0040) != 0;
      return new PathResolver(
          dataDirectory,
          new TablespaceMap(List.of()),
          groupReads,
          FileOwner.find(dataDirectory, Optional.empty(), Optional.empty()));
    } catch (IOException e) {
      throw TargetDirectory.cannot("look at", dataDirectory, e);
    }
  }
}
