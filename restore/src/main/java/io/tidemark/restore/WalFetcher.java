package io.tidemark.restore;

import io.tidemark.config.RestoreSettings;
import io.tidemark.postgres.ClusterState;
import io.tidemark.postgres.ControlFileReader;
import io.tidemark.postgres.PostmasterPid;
import io.tidemark.postgres.WalSegment;
import io.tidemark.postgres.WalSegmentSize;
import io.tidemark.repository.ClusterRepository;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/**
 * Stages WAL for a recovering server, ahead of what it asks for: gets, decompresses and fsyncs
 * segments in parallel, so that the redo loop only waits for a rename. One per data directory.
 *
 * <p>{@link #run} owns the calling thread; the threads that fetch end when it is closed.
 */
public final class WalFetcher implements AutoCloseable {
  private static final Duration BUSY_LOOK = Duration.ofMillis(5);
  private static final Duration IDLE_LOOK = Duration.ofMillis(50);
  private static final Duration BUSY_FOR = Duration.ofSeconds(2);
  private static final Duration UNUSED_LIMIT = Duration.ofMinutes(2);

  private final WalStage stage;
  private final StagedAhead ahead;
  private final Path dataDirectory;
  private final FileChannel lockFile;
  private final FileLock lock;
  private Instant lastUse = Instant.now();
  private volatile boolean closed;

  private WalFetcher(
      WalStage stage, StagedAhead ahead, Path dataDirectory, FileChannel lockFile, FileLock lock) {
    this.stage = stage;
    this.ahead = ahead;
    this.dataDirectory = dataDirectory;
    this.lockFile = lockFile;
    this.lock = lock;
  }

  /**
   * Begins to serve a data directory, or gives nothing where another fetcher does. What the
   * recovery is after, it reads from where the restore has kept it; a directory without that is a
   * standby's and follows the newest timeline.
   */
  public static Optional<WalFetcher> open(
      ClusterRepository repository, Path dataDirectory, RestoreSettings settings) {
    try {
      WalStage stage = WalStage.of(dataDirectory);
      Path lockPath = stage.home().resolve("fetcher.lock");
      FileChannel lockFile =
          FileChannel.open(lockPath, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
      Optional<FileLock> lock = tryLock(lockFile);
      if (lock.isEmpty()) {
        lockFile.close();
        return Optional.empty();
      }
      Files.setOwner(lockPath, Files.getOwner(dataDirectory));
      return Optional.of(open(repository, dataDirectory, settings, stage, lockFile, lock.get()));
    } catch (IOException e) {
      throw TargetDirectory.cannot("serve WAL to", dataDirectory, e);
    }
  }

  private static Optional<FileLock> tryLock(FileChannel file) throws IOException {
    try {
      return Optional.ofNullable(file.tryLock());
    } catch (OverlappingFileLockException e) {
      return Optional.empty(); // held by another of this process
    }
  }

  private static WalFetcher open(
      ClusterRepository repository,
      Path dataDirectory,
      RestoreSettings settings,
      WalStage stage,
      FileChannel lockFile,
      FileLock lock)
      throws IOException {
    stage.clean();
    stage.announce(ProcessHandle.current().pid());
    WalSegmentSize size = repository.identity().walSegmentSize();
    ArchivedFiles source = ArchivedFiles.of(repository.wal(), size, stage);
    StagedAhead ahead = new StagedAhead(stage, source, size, settings);
    return new WalFetcher(stage, ahead, dataDirectory, lockFile, lock);
  }

  /** Begins to stage at {@code first}, before anybody asks. */
  public void prepare(WalSegment first) {
    ahead.prepare(first);
  }

  /**
   * Serves until it is closed, the thread is interrupted, or the recovery is over: the server has
   * been promoted, or nobody has asked for anything for two minutes and no server runs.
   */
  public void run() {
    try {
      while (!closed && !isOver()) {
        step();
        Duration sinceUse = Duration.between(lastUse, Instant.now());
        Thread.sleep(sinceUse.compareTo(BUSY_FOR) < 0 ? BUSY_LOOK : IDLE_LOOK);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Looks once: answers what is wanted, and stages ahead of what was taken. */
  public void step() {
    try {
      if (ahead.step()) {
        lastUse = Instant.now();
      }
    } catch (IOException e) {
      throw TargetDirectory.cannot("serve WAL in", stage.home(), e);
    }
  }

  @Override
  public void close() {
    closed = true;
    ahead.close();
    try {
      if (Files.isDirectory(stage.home())) {
        stage.retire();
      }
      lock.release();
      lockFile.close();
    } catch (IOException e) {
      throw TargetDirectory.cannot("release", stage.home(), e);
    }
  }

  /**
   * A server that ends its recovery removes the signal file first, and asks for history files after
   * that: only its control file says that it needs nothing any more.
   */
  private boolean isOver() {
    if (!Files.isDirectory(stage.home())) {
      return true;
    }
    try {
      boolean recovers =
          Files.exists(dataDirectory.resolve("recovery.signal"))
              || Files.exists(dataDirectory.resolve("standby.signal"));
      if (!recovers
          && ControlFileReader.read(dataDirectory).state() == ClusterState.IN_PRODUCTION) {
        return true;
      }
      return Duration.between(lastUse, Instant.now()).compareTo(UNUSED_LIMIT) > 0
          && !PostmasterPid.isRunning(dataDirectory);
    } catch (IOException e) {
      throw TargetDirectory.cannot("look into", dataDirectory, e);
    }
  }
}
