package io.tidemark.backup;

import io.tidemark.config.ErrorCode;
import io.tidemark.config.TidemarkException;
import io.tidemark.postgres.PostgresSession;
import io.tidemark.repository.LeaseKeeper;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * Says, while files are copied, whether the backup can still succeed: the server forgets a backup
 * whose session has ended, and it would be a pity to notice after the last file. Owns one virtual
 * thread, which alone uses the session until this is closed.
 */
final class BackupGuard implements AutoCloseable {
  private static final Duration LOOK = Duration.ofSeconds(10);

  private final LeaseKeeper lease;
  private final CountDownLatch closed = new CountDownLatch(1);
  private final AtomicReference<@Nullable TidemarkException> lost = new AtomicReference<>();
  private final Thread thread;

  BackupGuard(PostgresSession session, LeaseKeeper lease) {
    this.lease = lease;
    this.thread = Thread.ofVirtual().name("backup-guard").start(() -> watch(session));
  }

  /**
   * Throws where the backup has failed already.
   *
   * @throws TidemarkException BACKUP_FAILED where the session is lost, and what the lease throws
   */
  void require() {
    lease.requireHeld();
    TidemarkException cause = lost.get();
    if (cause != null) {
      throw failed("the session of the backup was lost while files were copied", cause);
    }
  }

  /** The server does not go on with a backup: why, and what is kept. */
  static TidemarkException failed(String what, TidemarkException cause) {
    return new TidemarkException(
        ErrorCode.BACKUP_FAILED,
        what + ": " + cause.getMessage(),
        "take the backup again: it goes on from what is stored already",
        cause);
  }

  @Override
  public void close() {
    closed.countDown();
    boolean interrupted = false;
    while (thread.isAlive()) {
      try {
        thread.join();
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private void watch(PostgresSession session) {
    try {
      while (lost.get() == null && !closed.await(LOOK.toMillis(), TimeUnit.MILLISECONDS)) {
        session.value("SELECT 1");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (TidemarkException e) {
      lost.set(e);
    }
  }
}
