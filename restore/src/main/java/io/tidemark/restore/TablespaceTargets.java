package io.tidemark.restore;

import io.tidemark.config.ErrorCode;
import io.tidemark.config.TidemarkException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

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

  /** Only a tablespace that is this very directory's own may be written over. */
  private void requireFree(String link, Path location) {
    try {
      if (TargetDirectory.isAbsentOrEmpty(location)) {
        return;
      }
      if (!delta) {
        throw refused(location, "is not empty");
      }
      OwnTablespaces own = new OwnTablespaces(paths.root());
      if (!own.isLinked(link, location)) {
        throw refused(location, "is not empty, and this data directory does not use it");
      }
      Optional<Path> other = own.otherUser(location);
      if (other.isPresent()) {
        throw refused(location, "is used by the server that runs in " + other.get() + ", too");
      }
    } catch (IOException e) {
      throw TargetDirectory.cannot("look into", location, e);
    }
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
