package io.tidemark.restore;

import io.tidemark.config.TidemarkException;
import io.tidemark.postgres.ClusterState;
import io.tidemark.postgres.ControlFileReader;
import io.tidemark.postgres.PostmasterPid;
import io.tidemark.postgres.TimelineHistory;
import io.tidemark.postgres.WalSegment;
import io.tidemark.postgres.WalSegmentSize;
import io.tidemark.repository.ClusterRepository;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Stages WAL for a recovering server, ahead of what it asks for: gets, decompresses and fsyncs
 * segments in parallel, so that the redo loop only waits for a rename. One per data directory.
 *
 * <p>{@link #run} owns the calling thread; fetches run on virtual threads that end with it.
 */
public final class WalFetcher implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(WalFetcher.class);

  /** Segments staged ahead: as much as a fast disk replays in the time of a slow request. */
  private static final int AHEAD = 8;

  /** Segments in memory at once. */
  private static final int PARALLEL = 3;

  private static final Duration BUSY_LOOK = Duration.ofMillis(5);
  private static final Duration IDLE_LOOK = Duration.ofMillis(50);
  private static final Duration BUSY_FOR = Duration.ofSeconds(2);
  private static final Duration UNUSED_LIMIT = Duration.ofMinutes(2);

  private final WalStage stage;
  private final ArchivedFiles source;
  private final WalSegmentSize segmentSize;
  private final Path dataDirectory;
  private final FileChannel lockFile;
  private final FileLock lock;
  private final Semaphore permits = new Semaphore(PARALLEL, true);
  private final ExecutorService fetches = Executors.newVirtualThreadPerTaskExecutor();
  private final Set<String> underWay = ConcurrentHashMap.newKeySet();
  private final Set<String> stagedBefore = ConcurrentHashMap.newKeySet();
  private final AtomicReference<@Nullable WalSegment> end = new AtomicReference<>();
  private @Nullable WalSegment cursor;
  private Instant lastUse = Instant.now();
  private volatile boolean closed;

  private WalFetcher(
      WalStage stage,
      ArchivedFiles source,
      WalSegmentSize segmentSize,
      Path dataDirectory,
      FileChannel lockFile,
      FileLock lock) {
    this.stage = stage;
    this.source = source;
    this.segmentSize = segmentSize;
    this.dataDirectory = dataDirectory;
    this.lockFile = lockFile;
    this.lock = lock;
  }

  /**
   * Begins to serve a data directory, or gives nothing where another process does.
   *
   * @param path the timelines along which the recovery goes; empty where it follows the newest
   */
  public static Optional<WalFetcher> open(
      ClusterRepository repository, Path dataDirectory, Optional<TimelineHistory> path) {
    try {
      WalStage stage = WalStage.of(dataDirectory);
      FileChannel lockFile =
          FileChannel.open(
              stage.home().resolve("fetcher.lock"),
              StandardOpenOption.CREATE,
              StandardOpenOption.WRITE);
      FileLock lock = lockFile.tryLock();
      if (lock == null) {
        lockFile.close();
        return Optional.empty();
      }
      Files.setOwner(stage.home().resolve("fetcher.lock"), Files.getOwner(dataDirectory));
      stage.clean();
      stage.announce(ProcessHandle.current().pid());
      WalSegmentSize size = repository.identity().walSegmentSize();
      return Optional.of(
          new WalFetcher(
              stage,
              new ArchivedFiles(repository.wal(), size, path),
              size,
              dataDirectory,
              lockFile,
              lock));
    } catch (IOException e) {
      throw TargetDirectory.cannot("serve WAL to", dataDirectory, e);
    }
  }

  /** Begins to stage at {@code first}, before anybody asks. */
  public void prepare(WalSegment first) {
    fetchAhead(first, AHEAD);
    cursor = first;
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
      for (String name : stage.wanted()) {
        lastUse = Instant.now();
        answer(name);
      }
      Set<String> staged = stage.staged();
      stagedBefore.stream()
          .filter(name -> !staged.contains(name) && !underWay.contains(name))
          .forEach(this::taken);
      discardStale(staged);
      if (cursor != null) {
        fetchAhead(source.after(cursor), AHEAD - staged.size());
      }
    } catch (IOException e) {
      throw TargetDirectory.cannot("serve WAL in", stage.home(), e);
    }
  }

  @Override
  public void close() {
    closed = true;
    fetches.shutdownNow();
    fetches.close();
    try {
      lock.release();
      lockFile.close();
    } catch (IOException e) {
      throw TargetDirectory.cannot("release", stage.home(), e);
    }
  }

  private void answer(String name) {
    if (WalSegment.isName(name)) {
      cursor = WalSegment.parse(name, segmentSize);
      end.set(null);
    }
    fetch(name, true);
  }

  private void taken(String name) {
    lastUse = Instant.now();
    stagedBefore.remove(name);
    if (WalSegment.isName(name)) {
      cursor = WalSegment.parse(name, segmentSize);
    }
  }

  /** What lies at or before the position, or on another way, is not going to be asked for. */
  private void discardStale(Set<String> staged) throws IOException {
    WalSegment position = cursor;
    for (String name : staged) {
      if (position != null
          && WalSegment.isName(name)
          && stagedBefore.contains(name)
          && isStale(WalSegment.parse(name, segmentSize), position)) {
        stagedBefore.remove(name);
        stage.discard(name);
      }
    }
  }

  private static boolean isStale(WalSegment segment, WalSegment position) {
    return segment.number() < position.number()
        || segment.number() > position.number() + 2L * AHEAD;
  }

  private void fetchAhead(WalSegment from, int count) {
    WalSegment next = from;
    for (int i = 0; i < count; i++) {
      WalSegment known = end.get();
      if (known != null && next.number() >= known.number()) {
        return; // the archive ended here when it was last asked
      }
      if (!stagedBefore.contains(next.name())) {
        fetch(next.name(), false);
      }
      next = source.after(next);
    }
  }

  private void fetch(String name, boolean wanted) {
    if (underWay.size() <= 2 * AHEAD && underWay.add(name)) {
      fetches.execute(
          () -> {
            try {
              fetchNow(name, wanted);
            } finally {
              underWay.remove(name);
            }
          });
    }
  }

  private void fetchNow(String name, boolean wanted) {
    try {
      permits.acquire();
      try {
        stageOrAnswer(name, wanted);
      } catch (TidemarkException e) {
        if (wanted) {
          LOG.warn("cannot fetch {}: {}", name, e.explain());
          stage.putFailed(name, e.getMessage());
        }
      } finally {
        permits.release();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (IOException e) {
      LOG.error("cannot stage {}: {}", name, e.toString());
    }
  }

  /** The open segment is staged only for who waits for it: by the next time it may hold more. */
  private void stageOrAnswer(String name, boolean wanted) throws IOException {
    Optional<ArchivedFiles.WalFile> file = source.get(name);
    if (file.isPresent() && (wanted || file.get().complete())) {
      stagedBefore.add(name);
      stage.put(name, file.get().content());
    } else if (file.isEmpty() && wanted) {
      stage.putAbsent(name);
    }
    if (WalSegment.isName(name) && !file.map(ArchivedFiles.WalFile::complete).orElse(false)) {
      end.set(WalSegment.parse(name, segmentSize));
    }
  }

  /**
   * A server that ends its recovery removes the signal file first, and asks for a history file
   * after that: only its control file says that it needs nothing any more.
   */
  private boolean isOver() {
    if (!Files.isDirectory(dataDirectory)) {
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
