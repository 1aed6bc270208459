package io.tidemark.restore;

import io.tidemark.config.ErrorCode;
import io.tidemark.config.TidemarkException;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Takes away what fetchers have staged in a data directory, and with it the fetcher: one that lives
 * on after its server would write among files that are being replaced.
 */
public final class StagedWal {
  private static final Duration LOOK = Duration.ofMillis(20);

  private StagedWal() {}

  /**
   * Removes {@code pg_wal/tidemark} of a directory in which no server runs.
   *
   * @param limit how long a fetcher may take to notice
   * @throws TidemarkException TIMED_OUT where one lives on, LOCAL_IO
   */
  public static void remove(Path dataDirectory, Duration limit) {
    Path home = dataDirectory.resolve("pg_wal/tidemark");
    Path away = dataDirectory.resolve("pg_wal/tidemark.away");
    try {
      delete(away, limit);
      if (Files.isDirectory(home)) {
        // A fetcher ends when its directory is gone.
        Files.move(home, away);
        delete(away, limit);
      }
    } catch (IOException e) {
      throw TargetDirectory.cannot("remove", home, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new TidemarkException(
          ErrorCode.INTERRUPTED, "Interrupted while a fetcher of WAL ended.", "", e);
    }
  }

  private static void awaitUnlocked(Path lock, Duration limit)
      throws IOException, InterruptedException {
    long begin = System.nanoTime();
    while (Files.exists(lock) && isLocked(lock)) {
      if (System.nanoTime() - begin > limit.toNanos()) {
        throw new TidemarkException(
            ErrorCode.TIMED_OUT,
            "a fetcher of WAL still works in " + lock.getParent() + " after " + limit,
            "end that process: `tidemark wal-fetch`");
      }
      Thread.sleep(LOOK);
    }
  }

  private static boolean isLocked(Path lock) throws IOException {
    try (FileChannel file = FileChannel.open(lock, StandardOpenOption.WRITE)) {
      @Nullable FileLock taken = file.tryLock();
      return taken == null;
    } catch (OverlappingFileLockException e) {
      return true; // by another thread of this process
    }
  }

  private static void delete(Path tree, Duration limit) throws IOException, InterruptedException {
    if (!Files.isDirectory(tree)) {
      return;
    }
    awaitUnlocked(tree.resolve("fetcher.lock"), limit);
    List<Path> deepestFirst;
    try (Stream<Path> entries = Files.walk(tree)) {
      deepestFirst = entries.sorted(Comparator.reverseOrder()).toList();
    }
    for (Path entry : deepestFirst) {
      Files.deleteIfExists(entry);
    }
  }
}
