package io.tidemark.restore;

import io.tidemark.config.ErrorCode;
import io.tidemark.config.TidemarkException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * Fsyncs files on threads of its own while others are written: the disk works from the first file
 * on, and not only once the last is written. What waits is limited: beyond that, whoever adds a
 * file fsyncs it himself.
 */
final class FsyncBehind implements AutoCloseable {
  private static final int THREADS = 4;
  private static final int MAX_WAITING = 1024;

  /** Waits until a file's content is on disk. */
  interface Fsync {
    void fsync(Path file) throws IOException;
  }

  private final Fsync fsync;
  private final AtomicReference<@Nullable TidemarkException> failure = new AtomicReference<>();
  private volatile boolean abandoned;
  private final ThreadPoolExecutor threads =
      new ThreadPoolExecutor(
          THREADS,
          THREADS,
          0,
          TimeUnit.SECONDS,
          new ArrayBlockingQueue<>(MAX_WAITING),
          Thread.ofPlatform().name("restore-fsync-", 1).factory(),
          new ThreadPoolExecutor.CallerRunsPolicy());

  FsyncBehind(Fsync fsync) {
    this.fsync = fsync;
  }

  /**
   * Has a file fsynced, now or later.
   *
   * @throws TidemarkException LOCAL_IO, if the fsync of any file has failed
   */
  void add(Path file) {
    rethrow();
    threads.execute(() -> work(file));
  }

  /** After a failure nothing else matters, and the failed one must not be tried again. */
  private void work(Path file) {
    if (abandoned || failure.get() != null) {
      return;
    }
    try {
      fsync.fsync(file);
    } catch (IOException e) {
      failure.compareAndSet(null, TargetDirectory.cannot("fsync", file, e));
    }
  }

  /**
   * Waits for all that were added. Nothing can be added after it.
   *
   * @throws TidemarkException LOCAL_IO, if the fsync of any file has failed; INTERRUPTED
   */
  void await() {
    threads.close();
    if (Thread.currentThread().isInterrupted()) {
      throw new TidemarkException(
          ErrorCode.INTERRUPTED, "restore-fsync was interrupted", "run it again to go on");
    }
    rethrow();
  }

  private void rethrow() {
    TidemarkException failed = failure.get();
    if (failed != null) {
      throw failed;
    }
  }

  /** Gives up what is not begun, unless it was waited for; no thread is left. */
  @Override
  public void close() {
    abandoned = true;
    threads.close();
  }
}
