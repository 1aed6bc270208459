package io.tidemark.restore;

import io.tidemark.config.ErrorCode;
import io.tidemark.config.TidemarkException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Whether a restore may write into the directories of tablespaces. On the machine of the server
 * that was backed up, those are in use unless they are mapped elsewhere.
 */
final class TablespaceTargets {
  private final PathResolver paths;
  private final boolean delta;

  /**
   * @param delta whether the data directory's own tablespaces may hold files
   */
  TablespaceTargets(PathResolver paths, boolean delta) {
    this.paths = paths;
    this.delta = delta;
  }

  /**
   * Checks all of them.
   *
   * @throws TidemarkException DIRECTORY_REFUSED
   */
  void require() {
    List<Path> seen = new ArrayList<>(List.of(real(paths.root())));
    paths
        .tablespaces()
        .forEach(
            (link, location) -> {
              requireApart(location, seen);
              requireFree(link, location);
              seen.add(real(location));
            });
  }

  private static void requireApart(Path location, List<Path> others) {
    Path place = real(location);
    for (Path other : others) {
      if (!location.isAbsolute() || place.startsWith(other) || other.startsWith(place)) {
        throw refused(location, "is not apart from " + other + ", which is restored, too");
      }
    }
  }

  private void requireFree(String link, Path location) {
    try {
      if (!TargetDirectory.isAbsentOrEmpty(location) && !(delta && isOurs(link, location))) {
        throw refused(
            location,
            delta ? "is not empty, and this data directory does not use it" : "is not empty");
      }
    } catch (IOException e) {
      throw TargetDirectory.cannot("look into", location, e);
    }
  }

  /** Only a tablespace that this very directory leads to may be written over. */
  private boolean isOurs(String link, Path location) throws IOException {
    Path ours = paths.root().resolve(link);
    return Files.isSymbolicLink(ours)
        && Files.isDirectory(ours)
        && ours.toRealPath().equals(location.toRealPath());
  }

  /** Without links, as far as it exists. */
  private static Path real(Path path) {
    Path absolute = path.toAbsolutePath().normalize();
    Path existing = FreeSpace.firstExisting(absolute);
    try {
      return existing.toRealPath().resolve(existing.relativize(absolute));
    } catch (IOException e) {
      throw TargetDirectory.cannot("look at", absolute, e);
    }
  }

  private static TidemarkException refused(Path location, String what) {
    return new TidemarkException(
        ErrorCode.DIRECTORY_REFUSED,
        "the tablespace's directory " + location + " " + what,
        "map it elsewhere with --tablespace-map " + location + "=/another/directory");
  }
}
