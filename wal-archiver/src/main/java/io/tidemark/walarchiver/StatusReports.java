package io.tidemark.walarchiver;

import io.tidemark.postgres.Lsn;
import io.tidemark.postgres.WalStream;
import java.time.Duration;

/**
 * What the server is told of one stream: how far its WAL was received, and up to where it is
 * durable, which the server then may forget. Belongs to the thread that owns the stream.
 */
final class StatusReports {
  private final WalStream stream;
  private final ArchiverListener listener;
  private final Duration interval;
  private final DurableMark durable;
  private final Lsn begun;
  private final boolean continues;
  private boolean serverAnswered;
  private Lsn reported = Lsn.ZERO;
  private long reportedAtNanos = System.nanoTime();

  /**
   * @param interval after which a report is due although nothing moved
   * @param durable up to where the WAL is durable, now and later
   * @param continues whether the archive has what came before {@code durable}'s beginning
   */
  StatusReports(
      WalStream stream,
      ArchiverListener listener,
      Duration interval,
      DurableMark durable,
      boolean continues) {
    this.stream = stream;
    this.listener = listener;
    this.interval = interval;
    this.durable = durable;
    this.begun = durable.mark();
    this.continues = continues;
  }

  /** Something has come from the server: it has the WAL at which the stream began. */
  void serverAnswered() {
    serverAnswered = true;
  }

  void reportIfDue(Lsn received) {
    boolean moved = flushed().isAfter(reported);
    long waited = System.nanoTime() - reportedAtNanos;
    if (moved || waited >= interval.toNanos()) {
      report(received);
    }
  }

  void report(Lsn received) {
    if (!serverAnswered) {
      // A position whose WAL the server has removed already would set the slot back to it.
      return;
    }
    Lsn flushed = Lsn.max(flushed(), reported);
    if (flushed.isAfter(reported)) {
      listener.on(new ArchiverEvent.Acknowledging(flushed));
    }
    stream.sendStatus(Lsn.max(received, flushed), flushed, flushed, false);
    reported = flushed;
    reportedAtNanos = System.nanoTime();
  }

  /**
   * An archive that begins here knows nothing of what came before: it reports no position until
   * something of its own is durable, or a synchronous commit before its time would be let go.
   */
  private Lsn flushed() {
    return continues || durable.mark().isAfter(begun) ? durable.mark() : Lsn.ZERO;
  }
}
