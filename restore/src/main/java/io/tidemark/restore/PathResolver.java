package io.tidemark.restore;

import io.tidemark.postgres.DurableFiles;
import io.tidemark.postgres.FileMode;
import io.tidemark.postgres.TablespaceLink;
import io.tidemark.postgres.TablespaceMap;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * Where a path of a backup lies on this machine, and with which mode and owner things are made
 * there. Tablespaces are found through the map, never by following a link; no link but that of
 * pg_wal is kept.
 */
final class PathResolver {
  private static final String PG_WAL = "pg_wal";
  private static final int PRIVATE_DIRECTORY = 0700;
  private static final int PRIVATE_FILE = 0600;

  private final Path root;
  private final Map<String, Path> tablespaces;
  private final boolean groupReads;
  private final Optional<FileOwner> owner;

  /**
   * @param groupReads whether the cluster was made with {@code initdb --allow-group-access}
   */
  PathResolver(
      Path root, TablespaceMap tablespaces, boolean groupReads, Optional<FileOwner> owner) {
    this.root = root;
    this.tablespaces =
        tablespaces.tablespaces().stream()
            .collect(Collectors.toMap(TablespaceLink::path, link -> Path.of(link.directory())));
    this.groupReads = groupReads;
    this.owner = owner;
  }

  Path root() {
    return root;
  }

  /** Where pg_wal really is: it may be a link to another disk. */
  Path walDirectory() throws IOException {
    Path wal = root.resolve(PG_WAL);
    return Files.isSymbolicLink(wal) && Files.isDirectory(wal) ? wal.toRealPath() : wal;
  }

  /** Tablespaces outside the data directory: the path of each link, and where it leads. */
  Map<String, Path> tablespaces() {
    return Map.copyOf(tablespaces);
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

  /** Makes the data directory itself. */
  void createRoot() throws IOException {
    Files.createDirectories(root);
    own(root, directoryMode());
  }

  /** Makes a directory of the backup; for a tablespace also its link. */
  void createDirectory(String path, int mode) {
    Path directory = resolve(path);
    try {
      boolean mayBeLink = path.equals(PG_WAL) || tablespaces.containsKey(path);
      if (!mayBeLink && !Files.isDirectory(directory, LinkOption.NOFOLLOW_LINKS)) {
        Files.deleteIfExists(directory); // a file; or a link, which could lead anywhere
      }
      Files.createDirectories(directory);
      own(path.equals(PG_WAL) ? walDirectory() : directory, mode);
      if (tablespaces.containsKey(path)) {
        link(root.resolve(path), directory);
      }
    } catch (IOException e) {
      throw TargetDirectory.cannot("create", directory, e);
    }
  }

  /** Makes a directory that is in no backup, with the mode of the data directory. */
  void createDirectory(String path) {
    createDirectory(path, directoryMode());
  }

  /** Writes a file that is in no backup, durable when it returns. */
  void write(String name, byte[] content) throws IOException {
    int mode = groupReads ? PRIVATE_FILE | 0040 : PRIVATE_FILE;
    write(name, content, mode);
  }

  /** Writes a whole file, durable when it returns. */
  void write(String name, byte[] content, int mode) throws IOException {
    Path file = root.resolve(name);
    DurableFiles.write(file, content, FileMode.permissions(mode));
    own(file, mode);
  }

  /** Gives a file or directory its mode and owner. */
  void own(Path path, int mode) throws IOException {
    Files.setPosixFilePermissions(path, FileMode.permissions(mode));
    if (owner.isPresent()) {
      owner.get().give(path);
    }
  }

  private int directoryMode() {
    return groupReads ? PRIVATE_DIRECTORY | 0050 : PRIVATE_DIRECTORY;
  }

  private void link(Path link, Path target) throws IOException {
    Files.createDirectories(link.getParent());
    if (Files.exists(link, LinkOption.NOFOLLOW_LINKS)) {
      Files.delete(link);
    }
    Files.createSymbolicLink(link, target);
    if (owner.isPresent()) {
      owner.get().give(link);
    }
  }
}
