package io.tidemark.walarchiver;

import io.tidemark.config.TidemarkException;
import io.tidemark.postgres.Lsn;
import io.tidemark.postgres.Timeline;
import io.tidemark.walarchiver.ArchiverStatus.State;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/** What {@link ArchiverStatus} shows: written by the threads that work, read by any. */
final class ArchiverState {
  private final SegmentPool pool;
  volatile State state = State.NEW;
  volatile @Nullable Timeline timeline;
  volatile Lsn received = Lsn.ZERO;
  volatile Lsn durable = Lsn.ZERO;
  volatile Lsn serverEnd = Lsn.ZERO;
  volatile @Nullable Instant lastCommit;
  volatile @Nullable TidemarkException lastError;
  volatile long turnedAtNanos = System.nanoTime();
  final AtomicLong bytesPut = new AtomicLong();
  final AtomicLong segmentsPut = new AtomicLong();
  final AtomicLong tailsPut = new AtomicLong();
  final AtomicLong gaps = new AtomicLong();
  final AtomicLong reconnects = new AtomicLong();
  final AtomicLong putFailures = new AtomicLong();

  ArchiverState(SegmentPool pool) {
    this.pool = pool;
  }

  /** A commit or an abort that is durable, with all before it. */
  synchronized void sawCommit(Instant at) {
    Instant before = lastCommit;
    if (before == null || at.isAfter(before)) {
      lastCommit = at;
    }
  }

  ArchiverStatus snapshot() {
    return new ArchiverStatus(
        state,
        Optional.ofNullable(timeline),
        received,
        durable,
        serverEnd,
        Optional.ofNullable(lastCommit),
        bytesPut.get(),
        segmentsPut.get(),
        tailsPut.get(),
        gaps.get(),
        reconnects.get(),
        putFailures.get(),
        pool.usedBytes(),
        pool.limitBytes(),
        Optional.ofNullable(lastError));
  }
}
