package io.tidemark.daemon;

import io.tidemark.postgres.Lsn;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;

/**
 * How old the oldest WAL is that is not durable: from samples of where the server's WAL ended and
 * when. Its memory is bounded; of a long outage it keeps the begin exactly and the rest evenly, the
 * coarser the longer it lasts.
 */
final class ArchiveAge {
  private static final int MOST = 512;
  private static final long FIRST_SPACING_NANOS = Duration.ofSeconds(2).toNanos();

  /** The server's WAL had grown to {@code end} by then, and not long before. */
  private record Sample(long atNanos, Lsn end) {}

  private final Deque<Sample> notDurable = new ArrayDeque<>();
  private Lsn newest = Lsn.ZERO;
  private long spacingNanos;

  /**
   * Takes one sample, at most a few seconds after the one before.
   *
   * @param atNanos by System.nanoTime
   */
  synchronized void sample(long atNanos, Lsn serverEnd, Lsn durable) {
    if (serverEnd.isBefore(newest)) {
      // Another server, or the same one put back: what the one before had written is not awaited.
      notDurable.clear();
      newest = Lsn.ZERO;
    }
    if (serverEnd.isAfter(newest)) {
      newest = serverEnd;
      add(atNanos, serverEnd);
    }
    while (!notDurable.isEmpty() && durable.isAtLeast(notDurable.getFirst().end())) {
      notDurable.removeFirst();
    }
    if (notDurable.size() > MOST) {
      thin();
    }
  }

  private void add(long atNanos, Lsn end) {
    Sample last = notDurable.peekLast();
    if (last == null) {
      spacingNanos = 0;
    } else if (atNanos - last.atNanos() < spacingNanos) {
      notDurable.removeLast();
      notDurable.addLast(new Sample(last.atNanos(), end));
      return;
    }
    notDurable.addLast(new Sample(atNanos, end));
  }

  /** Zero where everything known of is durable; empty before the first sample. */
  synchronized Optional<Duration> at(long nowNanos) {
    if (newest.equals(Lsn.ZERO)) {
      return Optional.empty();
    }
    return Optional.of(
        notDurable.isEmpty()
            ? Duration.ZERO
            : Duration.ofNanos(Math.max(0, nowNanos - notDurable.getFirst().atNanos())));
  }

  /** Of two neighbours the earlier time and the later end: an age is never told too small. */
  private void thin() {
    Deque<Sample> half = new ArrayDeque<>();
    while (notDurable.size() > 1) {
      Sample first = notDurable.removeFirst();
      half.addLast(new Sample(first.atNanos(), notDurable.removeFirst().end()));
    }
    half.addAll(notDurable);
    notDurable.clear();
    notDurable.addAll(half);
    spacingNanos = Math.max(FIRST_SPACING_NANOS, 2 * spacingNanos);
  }
}
