package io.tidemark.postgres;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The one door for local files that must survive a power failure: what returns from here is on disk
 * under its final name, or an exception says that it may not be. After a failed fsync the kernel
 * may forget the unwritten pages, so nothing here tries one again: write the file anew.
 */
public final class DurableFiles {
  /** {@code rw-------}: the owner only, as PostgreSQL's files are. */
  public static final Set<PosixFilePermission> PRIVATE =
      Set.copyOf(PosixFilePermissions.fromString("rw-------"));

  /** {@code rw-r-----}: a cluster made with {@code initdb --allow-group-access}. */
  public static final Set<PosixFilePermission> GROUP_READABLE =
      Set.copyOf(PosixFilePermissions.fromString("rw-r-----"));

  /** {@code rwx------}: a directory for the owner only. */
  public static final Set<PosixFilePermission> PRIVATE_DIRECTORY =
      Set.copyOf(PosixFilePermissions.fromString("rwx------"));

  private DurableFiles() {}

  /** Begins a file that appears under its name, whole, when it is committed. */
  public static PendingFile begin(Path file, Set<PosixFilePermission> mode) throws IOException {
    return PendingFile.create(file, mode);
  }

  /** Writes a whole file; one of that name is replaced. Readers see the old or the new content. */
  public static void write(Path file, byte[] content, Set<PosixFilePermission> mode)
      throws IOException {
    try (PendingFile pending = begin(file, mode)) {
      pending.write(ByteBuffer.wrap(content));
      pending.commit();
    }
  }

  /** Writes a whole file unless one of that name exists; says whether it did. */
  public static boolean writeNew(Path file, byte[] content, Set<PosixFilePermission> mode)
      throws IOException {
    try (PendingFile pending = begin(file, mode)) {
      pending.write(ByteBuffer.wrap(content));
      return pending.commitNew();
    }
  }

  /** Renames a file within one file system; one of the new name is replaced. */
  public static void rename(Path from, Path to) throws IOException {
    fsync(from);
    Files.move(from, to, StandardCopyOption.ATOMIC_MOVE);
    fsync(parentOf(to));
    if (!parentOf(to).equals(parentOf(from))) {
      fsync(parentOf(from));
    }
  }

  /** Deletes a file if it is there; says whether it was. */
  public static boolean delete(Path file) throws IOException {
    boolean deleted = Files.deleteIfExists(file);
    if (deleted) {
      fsync(parentOf(file));
    }
    return deleted;
  }

  /** Creates a directory and its missing parents, all with {@code mode}. */
  public static void createDirectories(Path directory, Set<PosixFilePermission> mode)
      throws IOException {
    if (Files.isDirectory(directory)) {
      return;
    }
    Path parent = parentOf(directory);
    createDirectories(parent, mode);
    try {
      Files.createDirectory(directory);
      Files.setPosixFilePermissions(directory, mode);
    } catch (FileAlreadyExistsException e) {
      // Another thread or process was faster; a file of that name is a failure.
      if (!Files.isDirectory(directory)) {
        throw e;
      }
    }
    fsync(parent);
  }

  /** Waits until a file's content and length, or a directory's entries, are on disk. */
  public static void fsync(Path path) throws IOException {
    try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
      channel.force(true);
    }
  }

  /** As {@link #fsync} for everything below {@code root}; symbolic links are not followed. */
  public static void fsyncTree(Path root) throws IOException {
    Files.walkFileTree(
        root,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
              throws IOException {
            if (attributes.isRegularFile()) {
              fsync(file);
            }
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult postVisitDirectory(Path directory, @Nullable IOException failure)
              throws IOException {
            if (failure != null) {
              throw failure;
            }
            fsync(directory);
            return FileVisitResult.CONTINUE;
          }
        });
  }

  static Path parentOf(Path path) {
    Path parent = path.toAbsolutePath().getParent();
    if (parent == null) {
      throw new IllegalArgumentException("'" + path + "' is in no directory");
    }
    return parent;
  }
}
