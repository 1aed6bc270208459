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
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.Set;

/**
 * Stages WAL for a recovering server, ahead of what it asks for: gets, decompresses and fsyncs
 * segments in parallel, so that the redo loop only waits for a rename. One per data directory.
 *
 * <p>{@link #run} owns the calling thread; the threads that fetch end when it is closed.
 */
public final class WalFetcher implements AutoCloseable {
  private static final Duration BUSY_LOOK = Duration.ofMillis(5);
  private static final Duration STAGE_LOOK = Duration.ofMillis(25);
  private static final Duration IDLE_LOOK = Duration.ofMillis(50);
  private static final Duration BUSY_FOR = Duration.ofSeconds(2);
  private static final Duration UNUSED_LIMIT = Duration.ofMinutes(2);

  private static final String LOCK = "fetcher.lock";

  private final WalStage stage;
  private final StagedAhead ahead;
  private final Path dataDirectory;
  private final FileChannel lockFile;
  private final FileLock lock;
  private final Optional<Object> lockKey;
  private Instant lastUse = Instant.now();
  private long lastStep = System.nanoTime() - STAGE_LOOK.toNanos();
  private volatile boolean promoted;
  private volatile boolean closed;

  private WalFetcher(
      WalStage stage, StagedAhead ahead, Path dataDirectory, FileChannel lockFile, FileLock lock)
      throws IOException {
    this.stage = stage;
    this.ahead = ahead;
    this.dataDirectory = dataDirectory;
    this.lockFile = lockFile;
    this.lock = lock;
    this.lockKey = key(stage.home().resolve(LOCK));
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
      Path lockPath = stage.home().resolve(LOCK);
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
    WalSegmentSize size = repository.identity().walSegmentSize();
    ArchivedFiles source = ArchivedFiles.of(repository.wal(), size, stage);
    StagedAhead ahead = new StagedAhead(stage, source, size, settings);
    ahead.adopt();
    stage.announce(ProcessHandle.current().pid());
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
        look();
        Duration sinceUse = Duration.between(lastUse, Instant.now());
        Thread.sleep(sinceUse.compareTo(BUSY_FOR) < 0 ? BUSY_LOOK : IDLE_LOOK);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Looks once: for questions every time, and at everything else some times a second. */
  public void look() {
    if (System.nanoTime() - lastStep >= STAGE_LOOK.toNanos() || isAsked()) {
      step();
    }
  }

  private boolean isAsked() {
    try {
      return ahead.isAsked();
    } catch (IOException e) {
      throw TargetDirectory.cannot("serve WAL in", stage.home(), e);
    }
  }

  /** Looks once: answers what is wanted, and stages ahead of what was taken. */
  public void step() {
    lastStep = System.nanoTime();
    try {
      if (ahead.step()) {
        lastUse = Instant.now();
      }
    } catch (IOException e) {
      throw TargetDirectory.cannot("serve WAL in", stage.home(), e);
    }
  }

  /** Not so after the directory was removed, or restored anew: that may go another way. */
  private boolean isOurs() throws IOException {
    return lockKey.equals(key(stage.home().resolve(LOCK)));
  }

  /** What a file is known by, whatever its name; empty where there is none. */
  private static Optional<Object> key(Path file) throws IOException {
    try {
      return Optional.ofNullable(Files.readAttributes(file, BasicFileAttributes.class).fileKey());
    } catch (NoSuchFileException e) {
      return Optional.empty();
    }
  }

  /** What is staged stays for the next fetcher, unless the server needs nothing any more. */
  @Override
  public void close() {
    closed = true;
    ahead.close();
    try {
      if (isOurs()) {
        stage.retire();
        if (promoted) {
          stage.keepOnly(Set.of());
        }
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
    try {
      if (!isOurs()) {
        return true;
      }
      boolean recovers =
          Files.exists(dataDirectory.resolve("recovery.signal"))
              || Files.exists(dataDirectory.resolve("standby.signal"));
      if (!recovers
          && ControlFileReader.read(dataDirectory).state() == ClusterState.IN_PRODUCTION) {
        promoted = true;
        return true;
      }
      return Duration.between(lastUse, Instant.now()).compareTo(UNUSED_LIMIT) > 0
          && !PostmasterPid.isRunning(dataDirectory);
    } catch (IOException e) {
      throw TargetDirectory.cannot("look into", dataDirectory, e);
    }
  }
}
