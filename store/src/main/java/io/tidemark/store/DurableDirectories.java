package io.tidemark.store;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Makes directories below a root, and makes their entries durable. A file whose own directory is
 * synced is still lost in a crash if the entry of that directory in the one above is not, so the
 * whole path up to the root counts; which directories are known to be safe is remembered by
 * identity, because another process may have removed one and made it anew.
 */
final class DurableDirectories {
  private static final int REMEMBERED = 4096;

  private record Identity(@Nullable Object fileKey, FileTime created) {
    static Identity of(Path directory) throws IOException {
      BasicFileAttributes attributes = Files.readAttributes(directory, BasicFileAttributes.class);
      return new Identity(attributes.fileKey(), attributes.creationTime());
    }
  }

  private final PosixSettings settings;
  private final Map<Path, Identity> safe =
      new LinkedHashMap<>(16, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<Path, Identity> eldest) {
          return size() > REMEMBERED;
        }
      };

  DurableDirectories(PosixSettings settings) {
    this.settings = settings;
  }

  /**
   * Makes what is missing of the path, but never the root.
   *
   * @throws NoSuchFileException where somebody removes it meanwhile
   * @throws FileAlreadyExistsException where something else is there
   */
  void create(Path directory) throws IOException {
    if (directory.equals(settings.root()) || Files.isDirectory(directory)) {
      return;
    }
    create(above(directory));
    createOne(directory);
  }

  /** The directory that a path below the root is in. */
  static Path above(Path path) {
    return Objects.requireNonNull(path.getParent());
  }

  private void createOne(Path directory) throws IOException {
    try {
      Files.createDirectory(
          directory, PosixFilePermissions.asFileAttribute(settings.directories()));
    } catch (FileAlreadyExistsException e) {
      // One look: between two it may have come back, or gone, which is nothing else in its place.
      if (!Files.readAttributes(directory, BasicFileAttributes.class).isDirectory()) {
        throw e;
      }
    }
  }

  /** Makes the entries of a directory durable, and the path that leads to it. */
  void sync(Path directory) throws IOException {
    syncOne(directory);
    for (Path each = directory; !each.equals(settings.root()); each = above(each)) {
      Identity identity = Identity.of(each);
      if (!identity.equals(known(each))) {
        syncOne(above(each));
        remember(each, identity);
      }
    }
  }

  /** Also for a plain file. */
  static void syncOne(Path path) throws IOException {
    try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
      channel.force(true);
    } catch (IOException e) {
      // Some network file systems cannot sync a directory and say so by EINVAL; PostgreSQL's
      // fsync_fname (src/common/file_utils.c) lets that pass for directories, too.
      boolean unsupported = String.valueOf(e.getMessage()).contains("Invalid argument");
      if (!unsupported || !Files.isDirectory(path)) {
        throw e;
      }
    }
  }

  private synchronized @Nullable Identity known(Path directory) {
    return safe.get(directory);
  }

  private synchronized void remember(Path directory, Identity identity) {
    safe.put(directory, identity);
  }
}
