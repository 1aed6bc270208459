package io.tidemark.replicamanager;

import io.tidemark.postgres.Lsn;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * How fast a standby replays, measured only while it had something to replay: one that waits for
 * WAL shows the primary's speed and not its own.
 *
 * @param last the sample before
 * @param runs stretches with a backlog in the last quarter of an hour, the oldest first
 * @param capacity bytes per second of the fastest stretch so far
 */
record ReplayRate(Optional<Sample> last, List<Run> runs, OptionalDouble capacity) {
  private static final Duration WINDOW = Duration.ofMinutes(15);
  private static final Duration SHORTEST = Duration.ofMillis(500);
  private static final int MOST = 256;

  /** Where it was. */
  record Sample(Lsn replayed, boolean backlog, long atNanos) {}

  /** What it replayed between two samples. */
  record Run(long bytes, long nanos, long endNanos) {}

  ReplayRate {
    runs = List.copyOf(runs);
  }

  static ReplayRate unknown() {
    return new ReplayRate(Optional.empty(), List.of(), OptionalDouble.empty());
  }

  /**
   * Takes a sample.
   *
   * @param backlog whether it had something to replay
   * @param atNanos by System.nanoTime
   */
  ReplayRate next(Lsn replayed, boolean backlog, long atNanos) {
    Sample now = new Sample(replayed, backlog, atNanos);
    if (last.isEmpty() || replayed.isBefore(last.get().replayed)) {
      return new ReplayRate(Optional.of(now), List.of(), OptionalDouble.empty());
    }
    Sample before = last.get();
    long nanos = atNanos - before.atNanos;
    if (nanos < SHORTEST.toNanos()) {
      return this;
    }
    List<Run> kept = new ArrayList<>(runs);
    OptionalDouble best = capacity;
    if (backlog && before.backlog) {
      Run run = new Run(replayed.minus(before.replayed), nanos, atNanos);
      kept.add(run);
      best = OptionalDouble.of(Math.max(capacity.orElse(0), rate(run.bytes, run.nanos)));
    }
    kept.removeIf(run -> atNanos - run.endNanos > WINDOW.toNanos());
    return new ReplayRate(
        Optional.of(now), kept.subList(Math.max(0, kept.size() - MOST), kept.size()), best);
  }

  /** While it was held or away nothing is measured; what was stays. */
  ReplayRate interrupted() {
    return new ReplayRate(Optional.empty(), runs, capacity);
  }

  /** Over the window; empty where there was no backlog in it. */
  OptionalDouble bytesPerSecond() {
    return runs.isEmpty()
        ? OptionalDouble.empty()
        : OptionalDouble.of(
            rate(
                runs.stream().mapToLong(Run::bytes).sum(),
                runs.stream().mapToLong(Run::nanos).sum()));
  }

  private static double rate(long bytes, long nanos) {
    return (double) bytes * Duration.ofSeconds(1).toNanos() / nanos;
  }
}
