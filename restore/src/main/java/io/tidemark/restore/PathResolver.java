package io.tidemark.restore;

import io.tidemark.postgres.FileMode;
import io.tidemark.postgres.TablespaceLink;
import io.tidemark.postgres.TablespaceMap;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.UserPrincipal;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Where a path of a backup lies on this machine, and with which mode and owner things are made
 * there. Tablespaces are found through the map, never by following a link.
 */
final class PathResolver {
  private final Path root;
  private final Map<String, Path> tablespaces;
  private final Optional<UserPrincipal> owner;

  PathResolver(Path root, TablespaceMap tablespaces, Optional<UserPrincipal> owner) {
    this.root = root;
    this.tablespaces =
        tablespaces.tablespaces().stream()
            .collect(Collectors.toMap(TablespaceLink::path, link -> Path.of(link.directory())));
    this.owner = owner;
  }

  Path root() {
    return root;
  }

  /** The directories outside the data directory that this restore may write to. */
  Set<Path> tablespaceDirectories() {
    return Set.copyOf(tablespaces.values());
  }

  /** The real place of a path of the backup; the manifest has been checked for tricks before. */
  Path resolve(String path) {
    for (Map.Entry<String, Path> tablespace : tablespaces.entrySet()) {
      if (path.equals(tablespace.getKey())) {
        return tablespace.getValue();
      }
      if (path.startsWith(tablespace.getKey() + "/")) {
        return tablespace.getValue().resolve(path.substring(tablespace.getKey().length() + 1));
      }
    }
    return root.resolve(path);
  }

  /** Makes a directory of the backup; for a tablespace also its link. */
  void createDirectory(String path, int mode) {
    Path directory = resolve(path);
    try {
      Files.createDirectories(directory);
      own(directory, mode);
      if (tablespaces.containsKey(path)) {
        link(root.resolve(path), directory);
      }
    } catch (IOException e) {
      throw TargetDirectory.cannot("create", directory, e);
    }
  }

  /** Gives a file or directory its mode and owner. */
  void own(Path path, int mode) throws IOException {
    Files.setPosixFilePermissions(path, FileMode.permissions(mode));
    if (owner.isPresent()) {
      Files.setOwner(path, owner.get());
    }
  }

  private void link(Path link, Path target) throws IOException {
    Files.createDirectories(link.getParent());
    if (Files.exists(link, LinkOption.NOFOLLOW_LINKS)) {
      Files.delete(link);
    }
    Files.createSymbolicLink(link, target);
  }
}
