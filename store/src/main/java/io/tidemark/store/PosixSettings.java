package io.tidemark.store;

import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;

/**
 * A store in a directory.
 *
 * @param root the directory; absolute
 * @param files permissions of new objects; the process's umask takes away from them
 * @param directories permissions of new directories, likewise
 */
public record PosixSettings(
    Path root, Set<PosixFilePermission> files, Set<PosixFilePermission> directories) {
  public PosixSettings {
    root = root.toAbsolutePath().normalize();
    files = Set.copyOf(files);
    directories = Set.copyOf(directories);
  }

  /** With 0640 for files and 0750 for directories. */
  public static PosixSettings of(Path root) {
    return new PosixSettings(
        root,
        PosixFilePermissions.fromString("rw-r-----"),
        PosixFilePermissions.fromString("rwxr-x---"));
  }
}
