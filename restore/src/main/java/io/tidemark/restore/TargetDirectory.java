package io.tidemark.restore;

import io.tidemark.config.ErrorCode;
import io.tidemark.config.TidemarkException;
import io.tidemark.postgres.ControlFile;
import io.tidemark.postgres.ControlFileReader;
import io.tidemark.postgres.DurableFiles;
import io.tidemark.postgres.PostmasterPid;
import io.tidemark.postgres.SystemId;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Whether a restore may write into a directory. A restore must never overwrite what somebody may
 * need: a directory that is not empty, that a server runs in, or that is another cluster's.
 */
final class TargetDirectory {
  /** In a directory that a restore has not finished: holds the system identifier. */
  static final String MARKER = "tidemark.restoring";

  /** A file system that has less is full: nothing that failed needed less. */
  private static final long FULL_BYTES = 64 << 10;

  private final Path directory;

  TargetDirectory(Path directory) {
    this.directory = directory;
  }

  /**
   * Checks the data directory.
   *
   * @param delta whether it may hold a data directory of the same cluster
   * @throws TidemarkException DIRECTORY_REFUSED
   */
  void require(SystemId systemId, boolean delta) {
    try {
      if (isAbsentOrEmpty(directory)) {
        return;
      }
      if (!Files.isDirectory(directory)) {
        throw refused("is not a directory", "name a directory that is empty or does not exist");
      }
      if (PostmasterPid.isRunning(directory)) {
        throw refused(
            "is in use by a running server",
            "stop that server first, if you mean it; if none runs, remove the postmaster.pid that"
                + " it left");
      }
      if (!delta) {
        throw refused(
            Files.exists(directory.resolve(MARKER))
                ? "holds a restore that was not finished"
                : "is not empty",
            "name an empty one, or give --delta to reuse what is right in it and replace the rest");
      }
      requireOfCluster(systemId);
    } catch (IOException e) {
      throw cannot("look into", directory, e);
    }
  }

  /** From here on the directory is ours: marked, and without a pg_control that could be started. */
  static void begin(PathResolver paths, SystemId systemId, Optional<StandbyDirectory> standby) {
    Path root = paths.root();
    try {
      paths.createRoot();
      if (standby.isPresent()) {
        paths.write(
            standby.get().markerName(),
            standby.get().markerContent().getBytes(StandardCharsets.UTF_8));
      }
      paths.write(MARKER, (systemId + "\n").getBytes(StandardCharsets.US_ASCII));
      Path global = root.resolve("global");
      // Through a link it would be somebody else's pg_control.
      DurableFiles.delete(Files.isSymbolicLink(global) ? global : root.resolve(ControlFile.PATH));
    } catch (IOException e) {
      throw cannot("prepare", root, e);
    }
  }

  private void requireOfCluster(SystemId systemId) throws IOException {
    Path marker = directory.resolve(MARKER);
    String found;
    if (Files.exists(directory.resolve(ControlFile.PATH))) {
      found = ControlFileReader.read(directory).systemId().toString();
    } else if (Files.isRegularFile(marker, LinkOption.NOFOLLOW_LINKS)) {
      found = Files.readString(marker, StandardCharsets.ISO_8859_1).strip();
    } else {
      throw refused(
          "holds files, but is no PostgreSQL data directory",
          "name an empty directory, or remove what is in it yourself");
    }
    if (!found.equals(systemId.toString())) {
      throw refused(
          "belongs to the cluster with system identifier %s, the backup to %s"
              .formatted(found, systemId),
          "name another directory");
    }
  }

  private TidemarkException refused(String what, String hint) {
    return new TidemarkException(
        ErrorCode.DIRECTORY_REFUSED, "the directory " + directory + " " + what, hint);
  }

  static boolean isAbsentOrEmpty(Path directory) throws IOException {
    if (!Files.exists(directory, LinkOption.NOFOLLOW_LINKS)) {
      return true;
    }
    if (!Files.isDirectory(directory)) {
      return false;
    }
    try (Stream<Path> entries = Files.list(directory)) {
      return entries.findAny().isEmpty();
    }
  }

  static TidemarkException cannot(String verb, Path path, IOException cause) {
    boolean full = isFull(path);
    return new TidemarkException(
        full ? ErrorCode.NO_SPACE : ErrorCode.LOCAL_IO,
        "cannot %s %s: %s".formatted(verb, path, cause),
        full
            ? "its file system is full: free some space and run it again with --delta, or restore"
                + " to another"
            : "check the path, its permissions and the disk",
        cause);
  }

  /** The system's message is in the system's language. */
  private static boolean isFull(Path path) {
    try {
      return Files.getFileStore(FreeSpace.firstExisting(path)).getUsableSpace() < FULL_BYTES;
    } catch (IOException e) {
      return false;
    }
  }
}
