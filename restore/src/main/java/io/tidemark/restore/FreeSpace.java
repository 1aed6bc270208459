package io.tidemark.restore;

import io.tidemark.config.ErrorCode;
import io.tidemark.config.TidemarkException;
import io.tidemark.repository.BackupFile;
import io.tidemark.repository.Manifest;
import java.io.IOException;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;

/** Whether a backup's files fit where they are to go. */
final class FreeSpace {
  private FreeSpace() {}

  /**
   * Checks every file system that gets files.
   *
   * @throws TidemarkException NO_SPACE
   */
  static void require(Manifest manifest, PathResolver paths) {
    Map<Path, Long> needed = new HashMap<>();
    for (BackupFile file : manifest.files()) {
      needed.merge(place(file.path(), paths), file.size(), Long::sum);
    }
    require(needed);
  }

  /** The same for places and the bytes that each needs. */
  static void require(Map<Path, Long> needed) {
    Map<FileStore, Long> byStore = new HashMap<>();
    needed.forEach((place, bytes) -> byStore.merge(storeOf(place), bytes, Long::sum));
    byStore.forEach(FreeSpace::require);
  }

  private static Path place(String file, PathResolver paths) {
    return paths.tablespaces().entrySet().stream()
        .filter(tablespace -> file.startsWith(tablespace.getKey() + "/"))
        .map(Map.Entry::getValue)
        .findFirst()
        .orElseGet(paths::root);
  }

  private static FileStore storeOf(Path path) {
    try {
      return Files.getFileStore(firstExisting(path));
    } catch (IOException e) {
      throw TargetDirectory.cannot("look at the free space of", path, e);
    }
  }

  private static void require(FileStore store, long needed) {
    try {
      if (store.getUsableSpace() < needed) {
        throw new TidemarkException(
            ErrorCode.NO_SPACE,
            "the file system %s has %,d bytes free, the backup needs %,d there"
                .formatted(store, store.getUsableSpace(), needed),
            "free some, or restore to another file system");
      }
    } catch (IOException e) {
      throw TargetDirectory.cannot("look at the free space of", Path.of(store.name()), e);
    }
  }

  /** The path itself, or the first of its parents that exists. */
  static Path firstExisting(Path path) {
    Path parent = path.getParent();
    return parent == null || Files.exists(path) ? path : firstExisting(parent);
  }
}
