package io.tidemark.replicamanager;

import java.time.Duration;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;

/**
 * How long a slot may stay unread from now on: until its WAL is removed, or, where nothing limits
 * what it keeps, until the server's disk is full.
 */
final class TimeToLoss {
  /** A disk is as good as full with this much left. */
  static final long DISK_RESERVE = 1L << 30;

  private static final double LEAST_RATE = 1;
  private static final Duration FOR_EVER = Duration.ofDays(3650);

  private TimeToLoss() {}

  /**
   * Estimates it.
   *
   * @param safeBytes safe_wal_size, which is null both for a slot without limit and for a lost one
   * @param lost whether it is the latter
   * @param diskFree bytes on the disk of the server's WAL; empty where it is not of this machine
   * @param high bytes per second that the server seldom exceeds
   * @param now bytes per second of late
   * @return empty where it is lost already, or one of the two is not known
   */
  static Optional<Duration> estimate(
      OptionalLong safeBytes,
      boolean lost,
      OptionalLong diskFree,
      OptionalDouble high,
      OptionalDouble now) {
    long room = Math.min(room(safeBytes), room(diskFree) - DISK_RESERVE);
    boolean unknown = safeBytes.isEmpty() && diskFree.isEmpty();
    if (lost || unknown) {
      return Optional.empty();
    }
    if (room <= 0) {
      return Optional.of(Duration.ZERO);
    }
    double rate = Math.max(high.orElse(0), now.orElse(0));
    if (rate < LEAST_RATE) {
      return Optional.empty();
    }
    Duration time = Duration.ofSeconds((long) (room / rate));
    return Optional.of(time.compareTo(FOR_EVER) > 0 ? FOR_EVER : time);
  }

  private static long room(OptionalLong bytes) {
    return bytes.orElse(Long.MAX_VALUE);
  }
}
