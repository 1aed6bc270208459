package io.tidemark.restore;

import io.tidemark.postgres.PostgresMajor;
import io.tidemark.repository.Manifest;
import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Removes from a directory that is restored over what the backup does not have: a relation that was
 * made later must not be there, nor WAL that is not the archive's. Links are removed, never
 * followed, but for pg_wal's.
 */
final class StrayFiles {
  private StrayFiles() {}

  /**
   * Removes everything in the data directory and its tablespaces that is not of the backup. In the
   * directory of a tablespace only what belongs to this major is looked at: another's may be beside
   * it.
   *
   * @param marker a file that stays, too
   * @return how many files and links were removed
   */
  static long remove(Manifest manifest, PathResolver paths, Optional<String> marker) {
    Set<Path> keep = new HashSet<>();
    marker.ifPresent(name -> keep.add(paths.root().resolve(name)));
    manifest.directories().forEach(directory -> keep.add(paths.resolve(directory.path())));
    manifest.files().forEach(file -> keep.add(paths.resolve(file.path())));
    return remove(keep, PostgresMajor.of(manifest.info().postgresMajor()), paths);
  }

  /** Removes everything there but what restoring itself keeps, and {@code marker}. */
  static long removeAll(PostgresMajor major, PathResolver paths, String marker) {
    Set<Path> keep = new HashSet<>(Set.of(paths.root().resolve(marker)));
    keep.add(paths.root().resolve("pg_tblspc"));
    return remove(keep, major, paths);
  }

  /** Removes from a tablespace's directory all that is of this major. */
  static long clear(Path tablespace, PostgresMajor major) {
    Path own = tablespace.resolve(major.tablespaceDirectory());
    long removed = remove(own, Set.of());
    try {
      Files.deleteIfExists(own);
    } catch (IOException e) {
      throw TargetDirectory.cannot("clear", own, e);
    }
    return removed;
  }

  private static long remove(Set<Path> keep, PostgresMajor major, PathResolver paths) {
    keep.add(paths.root().resolve(TargetDirectory.MARKER));
    // The links stay: an interrupted restore shows by them which tablespaces are its own.
    paths.tablespaces().keySet().forEach(link -> keep.add(paths.root().resolve(link)));
    long removed = remove(paths.root(), keep);
    for (Map.Entry<String, Path> tablespace : paths.tablespaces().entrySet()) {
      removed += remove(tablespace.getValue().resolve(major.tablespaceDirectory()), keep);
    }
    return removed + removeWalBehindLink(paths, keep);
  }

  private static long removeWalBehindLink(PathResolver paths, Set<Path> keep) {
    try {
      Path wal = paths.walDirectory();
      return wal.startsWith(paths.root()) ? 0 : remove(wal, keep);
    } catch (IOException e) {
      throw TargetDirectory.cannot("clear pg_wal of", paths.root(), e);
    }
  }

  private static long remove(Path root, Set<Path> keep) {
    if (!Files.isDirectory(root)) {
      return 0;
    }
    Remover remover = new Remover(root, keep);
    try {
      Files.walkFileTree(root, remover);
    } catch (IOException e) {
      throw TargetDirectory.cannot("clear", root, e);
    }
    return remover.removed;
  }

  private static final class Remover extends SimpleFileVisitor<Path> {
    private final Path root;
    private final Set<Path> keep;
    private long removed;

    Remover(Path root, Set<Path> keep) {
      this.root = root;
      this.keep = keep;
    }

    @Override
    public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
      if (!keep.contains(file)) {
        Files.delete(file);
        removed++;
      }
      return FileVisitResult.CONTINUE;
    }

    @Override
    public FileVisitResult postVisitDirectory(Path directory, @Nullable IOException failure)
        throws IOException {
      if (failure != null) {
        throw failure;
      }
      if (!directory.equals(root) && !keep.contains(directory)) {
        Files.delete(directory);
      }
      return FileVisitResult.CONTINUE;
    }
  }
}
