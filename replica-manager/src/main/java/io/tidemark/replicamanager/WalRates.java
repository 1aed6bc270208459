package io.tidemark.replicamanager;

import io.tidemark.postgres.Lsn;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * How fast a server has written WAL, minute by minute, over the last day. Its memory is bounded.
 * One thread uses it at a time.
 */
final class WalRates {
  static final int MINUTES = 24 * 60;

  /** Of fewer minutes nothing is said. */
  private static final int FEWEST = 5;

  private static final double HIGH = 0.95;
  private static final long MINUTE_NANOS = Duration.ofMinutes(1).toNanos();

  private final Deque<Double> minutes = new ArrayDeque<>();
  private Optional<Lsn> begin = Optional.empty();
  private long beginNanos;

  /** Takes one sample; a server that went back begins its minute anew. */
  void sample(Lsn end, long atNanos) {
    if (begin.isEmpty() || end.isBefore(begin.get())) {
      begin = Optional.of(end);
      beginNanos = atNanos;
    }
    long nanos = atNanos - beginNanos;
    if (nanos >= MINUTE_NANOS) {
      double rate = (double) end.minus(begin.get()) * Duration.ofSeconds(1).toNanos() / nanos;
      minutes.addLast(rate);
      if (minutes.size() > MINUTES) {
        minutes.removeFirst();
      }
      begin = Optional.of(end);
      beginNanos = atNanos;
    }
  }

  /** Bytes per second that 95 of 100 minutes stayed below; empty for the first five minutes. */
  OptionalDouble high() {
    if (minutes.size() < FEWEST) {
      return OptionalDouble.empty();
    }
    double[] sorted = minutes.stream().mapToDouble(Double::doubleValue).sorted().toArray();
    return OptionalDouble.of(sorted[(int) Math.ceil(HIGH * sorted.length) - 1]);
  }
}
