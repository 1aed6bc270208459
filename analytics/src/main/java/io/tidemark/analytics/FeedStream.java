package io.tidemark.analytics;

import io.tidemark.analytics.CatalogWatch.Truncation;
import io.tidemark.postgres.Lsn;
import io.tidemark.postgres.PgoutputDecoder;
import io.tidemark.postgres.WalMessage;
import io.tidemark.postgres.WalStream;
import java.time.Duration;
import java.time.Instant;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Follows a source: reads its changes and hands them over to be applied. The thread that reads owns
 * the connection and reports positions; it never reports one that is not in the target. It reads on
 * while batches are applied, as far as memory allows.
 */
final class FeedStream implements AutoCloseable {
  /**
   * A server that sends many small messages sends each by itself, and wakes who waits for it: both
   * cost more than the message. So while many come, and few bytes with one look, the next look is
   * later.
   */
  private static final int BUSY_MESSAGES = 20;

  private static final long FEW_BYTES = 32 << 10;
  private static final long GATHER_NANOS = 1_000_000;

  private static final Duration POLL = Duration.ofMillis(20);
  private static final Duration STATUS = Duration.ofSeconds(1);

  /** How often a position is written where nothing came. */
  private static final Duration IDLE = Duration.ofSeconds(5);

  private static final Duration END = Duration.ofSeconds(30);

  private final WalStream stream;
  private final PgoutputDecoder decoder = new PgoutputDecoder();
  private final ChangeReader reader;
  private final ApplyThreads applier;
  private final FeedProgress progress;
  private final long delayNanos;
  private final long enoughBytes;
  private Lsn received;
  private Lsn passed;
  private Lsn written;
  private Lsn reported = Lsn.ZERO;
  private long statusNanos = System.nanoTime();
  private long idleNanos = System.nanoTime();
  private int roundMessages;
  private long roundBytes;

  /**
   * @param start everything before it is in the target
   * @param batchDelay how long a transaction waits at most for others
   * @param enoughBytes from which a batch does not wait
   */
  FeedStream(
      WalStream stream,
      ChangeReader reader,
      ApplyThreads applier,
      FeedProgress progress,
      Lsn start,
      Duration batchDelay,
      long enoughBytes) {
    this.stream = stream;
    this.reader = reader;
    this.applier = applier;
    this.progress = progress;
    this.received = start;
    this.passed = start;
    this.written = start;
    this.delayNanos = batchDelay.toNanos();
    this.enoughBytes = enoughBytes;
  }

  /** Everything before it is in the target. */
  Lsn applied() {
    return applier.applied();
  }

  /** The last truncations, as far as was read; some may never have been committed. */
  Set<Truncation> truncations() {
    return reader.truncations();
  }

  /** Reads and hands over for a while. */
  void step(Duration time) {
    long until = System.nanoTime() + time.toNanos();
    while (System.nanoTime() - until < 0) {
      handOver();
      if (mustWait()) {
        rest();
      } else {
        readSome();
      }
      report();
    }
  }

  /** What has come already is read without looking up in between. */
  private void readSome() {
    if (roundMessages >= BUSY_MESSAGES && roundBytes < FEW_BYTES) {
      LockSupport.parkNanos(GATHER_NANOS);
    }
    roundMessages = 0;
    roundBytes = 0;
    WalMessage message = stream.poll(reader.isIdle() ? POLL : untilDue());
    while (message != null) {
      accept(message);
      message = mustWait() ? null : stream.pollArrived();
    }
  }

  /** Memory is full: what was read is to be taken first. The server hears of us all the same. */
  private boolean mustWait() {
    return !reader.ready().isEmpty();
  }

  private void rest() {
    LockSupport.parkNanos(1_000_000);
  }

  private Duration untilDue() {
    long left = delayNanos - reader.batch().ageNanos();
    return left <= 0 ? Duration.ofMillis(1) : Duration.ofNanos(Math.min(left, POLL.toNanos()));
  }

  private void accept(WalMessage message) {
    switch (message) {
      case WalMessage.WalData data -> {
        received = Lsn.max(received, data.start());
        roundMessages++;
        roundBytes += data.data().remaining();
        progress.received(data.data().remaining());
        reader.accept(decoder.decode(data.data()));
      }
      case WalMessage.KeepAlive alive -> {
        progress.serverEnd(alive.serverEnd(), alive.sentAt());
        received = Lsn.max(received, alive.serverEnd());
        if (reader.isIdle()) {
          passed = Lsn.max(passed, alive.serverEnd());
        }
      }
      case WalMessage.EndOfTimeline _ ->
          throw new IllegalStateException("a logical stream has no end of a timeline");
    }
  }

  private void handOver() {
    Batch batch = reader.batch();
    boolean due = batch.ageNanos() >= delayNanos || batch.bytes() >= enoughBytes;
    if (reader.ready().isEmpty() && due && applier.isIdle()) {
      reader.cutWhole();
    }
    Batch next = reader.ready().peek();
    if (next != null && applier.offer(next)) {
      reader.ready().remove();
      written = Lsn.max(written, next.position());
      idleNanos = System.nanoTime();
    } else if (next == null) {
      handOverPosition();
    }
  }

  /**
   * Nothing that is wanted came for a while: the position goes into the target all the same, before
   * it is reported. So a slot is never ahead of the target, and one that is was moved by others.
   */
  private void handOverPosition() {
    boolean longAgo = System.nanoTime() - idleNanos >= IDLE.toNanos();
    if (longAgo && passed.isAfter(written) && reader.isIdle() && applier.isIdle()) {
      Batch nothing = new Batch();
      nothing.passed(passed);
      if (applier.offer(nothing)) {
        written = passed;
        idleNanos = System.nanoTime();
      }
    }
  }

  private void report() {
    Lsn applied = applier.applied();
    boolean moved = !applied.equals(reported);
    if (moved) {
      progress.applied(applied, Instant.now());
      reported = applied;
    }
    long now = System.nanoTime();
    if (moved || now - statusNanos >= STATUS.toNanos()) {
      stream.sendStatus(Lsn.max(received, applied), applied, applied, false);
      statusNanos = now;
    }
  }

  /** Applies what is under way, reports it, and drops the rest, which comes again. */
  void end() {
    applier.end(END);
    reportLast();
  }

  private void reportLast() {
    try {
      Lsn applied = applier.applied();
      stream.sendStatus(Lsn.max(received, applied), applied, applied, false);
    } catch (RuntimeException e) {
      // It is in the target, and will be reported by the next stream.
      progress.ended(e);
    }
  }

  @Override
  public void close() {
    applier.close();
    reader.close();
  }

  /** Gets what is to be seen from outside. */
  interface FeedProgress {
    void received(long bytes);

    void serverEnd(Lsn end, Instant at);

    void applied(Lsn position, Instant at);

    void ended(@Nullable RuntimeException why);
  }
}
