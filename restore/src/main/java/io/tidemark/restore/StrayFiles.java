package io.tidemark.restore;

import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Removes from a directory that is restored over what the backup does not have: a relation that was
 * made later must not be there. Links are removed, never followed.
 */
final class StrayFiles {
  private StrayFiles() {}

  /**
   * Removes everything below {@code root} that is not in {@code keep}.
   *
   * @param keep real places of files and directories that belong there
   * @return how many files and links were removed
   */
  static long remove(Path root, Set<Path> keep) {
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
