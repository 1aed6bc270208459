package io.tidemark.restore;

import io.tidemark.postgres.TablespaceLink;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;

/**
 * Which tablespaces are a data directory's own. That its link leads to one is not enough: replay
 * makes tablespaces where they were, so a standby beside its primary leads to the primary's.
 */
final class OwnTablespaces {
  private static final Path PROCESSES = Path.of("/proc");

  private final Path root;

  OwnTablespaces(Path root) {
    this.root = root;
  }

  /** Whether the data directory uses it, and no other server that runs here. */
  boolean contain(String link, Path location) throws IOException {
    return isLinked(link, location) && otherUser(location).isEmpty();
  }

  /** Whether a link such as {@code pg_tblspc/16399} leads there. */
  boolean isLinked(String link, Path location) throws IOException {
    Path own = root.resolve(link);
    return Files.isSymbolicLink(own)
        && Files.isDirectory(own)
        && Files.exists(location)
        && own.toRealPath().equals(location.toRealPath());
  }

  /** The data directory of another server that uses it, of those that this user may look at. */
  Optional<Path> otherUser(Path location) throws IOException {
    for (Path data : dataDirectoriesInUse()) {
      if (!data.equals(root.toRealPath()) && leadsTo(data, location.toRealPath())) {
        return Optional.of(data);
      }
    }
    return Optional.empty();
  }

  private static boolean leadsTo(Path data, Path location) {
    try {
      for (TablespaceLink link : TablespaceLink.list(data)) {
        Path directory = data.resolve(link.path());
        if (Files.isDirectory(directory) && directory.toRealPath().equals(location)) {
          return true;
        }
      }
      return false;
    } catch (IOException e) {
      return false; // not this user's to read, or gone with its server
    }
  }

  /** A server's processes work in its data directory (ChangeToDataDir in miscinit.c). */
  private static Set<Path> dataDirectoriesInUse() throws IOException {
    Set<Path> found = new HashSet<>();
    try (DirectoryStream<Path> processes = Files.newDirectoryStream(PROCESSES, "[0-9]*")) {
      for (Path process : processes) {
        workingDirectory(process)
            .filter(directory -> Files.isRegularFile(directory.resolve("PG_VERSION")))
            .ifPresent(found::add);
      }
    }
    return found;
  }

  private static Optional<Path> workingDirectory(Path process) {
    try {
      return Optional.of(Files.readSymbolicLink(process.resolve("cwd")));
    } catch (IOException e) {
      return Optional.empty(); // it has ended, or is another user's
    }
  }
}
