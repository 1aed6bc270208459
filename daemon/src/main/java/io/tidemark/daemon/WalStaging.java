package io.tidemark.daemon;

import io.tidemark.config.TidemarkException;
import io.tidemark.postgres.WalSegment;
import io.tidemark.restore.WalFetcher;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Stages WAL for a recovery that this process follows. Owns one thread, which ends with it. */
final class WalStaging implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(WalStaging.class);
  private static final Duration LOOK = Duration.ofMillis(5);

  private final Optional<WalFetcher> fetcher;
  private final CountDownLatch closed = new CountDownLatch(1);
  private final Thread thread = Thread.ofPlatform().name("wal-staging").unstarted(this::stage);

  /** Takes the fetcher over; empty where another process stages for the directory already. */
  WalStaging(Optional<WalFetcher> fetcher) {
    this.fetcher = fetcher;
  }

  void begin(WalSegment first) {
    fetcher.ifPresent(each -> each.prepare(first));
    thread.start();
  }

  private void stage() {
    if (fetcher.isEmpty()) {
      return;
    }
    // Closed as soon as it cannot go on: restore_command then starts a fetcher of its own.
    try (WalFetcher each = fetcher.get()) {
      while (!closed.await(LOOK.toMillis(), TimeUnit.MILLISECONDS)) {
        each.look();
      }
    } catch (TidemarkException e) {
      LOG.warn("staging WAL ended: {}", e.explain());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Without an interrupt, which would close the files that are being written. */
  @Override
  public void close() {
    closed.countDown();
    try {
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
