package io.tidemark.replicamanager;

import io.tidemark.postgres.Lsn;
import io.tidemark.postgres.ReplicationSlotRow;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;

/** What is to be said of a replication slot, the most urgent first. */
public sealed interface SlotHealth {
  /** A slot that is expected is not there. */
  record Missing() implements SlotHealth {}

  /** Its WAL is removed: whoever reads it has a gap. */
  record Lost(String reason) implements SlotHealth {}

  /**
   * The server will remove its WAL soon.
   *
   * @param bytesLeft that may still be written; 0 or less: the next checkpoint removes WAL
   * @param timeLeft at the rate at which WAL was written lately; empty where that is not known
   */
  record AtRisk(long bytesLeft, Optional<Duration> timeLeft) implements SlotHealth {}

  /**
   * Nobody reads it, and WAL collects.
   *
   * @param since from PostgreSQL 17 on
   * @param unbounded nothing limits what it keeps: it fills the server's disk
   */
  record Inactive(Optional<Instant> since, boolean unbounded) implements SlotHealth {}

  /** It is read, and if that ends nothing limits what it keeps: max_slot_wal_keep_size is -1. */
  record Unbounded() implements SlotHealth {}

  /** It is read, and its WAL is neither in danger nor a danger. */
  record Healthy() implements SlotHealth {}

  /** Below a quarter of the limit it is at risk. */
  int RISK_FRACTION = 4;

  /**
   * If less time is left at the present rate, it is at risk: where nobody reads it, or whoever does
   * is behind by a quarter of the limit. One that keeps up has lost nothing by a burst of WAL.
   */
  Duration RISK_TIME = Duration.ofMinutes(15);

  /**
   * Judges one slot.
   *
   * @param limit the server's setting
   * @param bytesPerSecond at which WAL is written; empty where that is not known
   */
  static SlotHealth judge(ReplicationSlotRow slot, KeepLimit limit, OptionalDouble bytesPerSecond) {
    Optional<String> lost = lossOf(slot);
    if (lost.isPresent()) {
      return new Lost(lost.get());
    }
    Optional<AtRisk> risk = riskOf(slot, limit, bytesPerSecond);
    if (risk.isPresent()) {
      return risk.get();
    }
    boolean unbounded = limit.bytes().isEmpty();
    if (!slot.active()) {
      return new Inactive(slot.inactiveSince(), unbounded);
    }
    return unbounded ? new Unbounded() : new Healthy();
  }

  /** WAL that the slot keeps; empty while it reserves none. */
  static OptionalLong retainedBytes(ReplicationSlotRow slot, Lsn current) {
    return slot.restartLsn()
        .map(restart -> OptionalLong.of(Math.max(0, current.minus(restart))))
        .orElseGet(OptionalLong::empty);
  }

  private static Optional<String> lossOf(ReplicationSlotRow slot) {
    return slot.invalidationReason().or(() -> slot.walStatus().filter("lost"::equals));
  }

  private static Optional<AtRisk> riskOf(
      ReplicationSlotRow slot, KeepLimit limit, OptionalDouble bytesPerSecond) {
    boolean unreserved = slot.walStatus().filter("unreserved"::equals).isPresent();
    if (slot.safeWalSize().isEmpty()) {
      return unreserved ? Optional.of(new AtRisk(0, Optional.of(Duration.ZERO))) : Optional.empty();
    }
    long left = slot.safeWalSize().get();
    Optional<Duration> time = timeLeft(left, bytesPerSecond);
    long part = limit.bytes().orElse(0) / RISK_FRACTION;
    boolean little = left < part;
    boolean keepsUp = slot.active() && left >= part * (RISK_FRACTION - 1);
    boolean soon = !keepsUp && time.isPresent() && time.get().compareTo(RISK_TIME) < 0;
    return unreserved || little || soon ? Optional.of(new AtRisk(left, time)) : Optional.empty();
  }

  private static Optional<Duration> timeLeft(long bytes, OptionalDouble bytesPerSecond) {
    if (bytes <= 0) {
      return Optional.of(Duration.ZERO);
    }
    return bytesPerSecond.isEmpty() || bytesPerSecond.getAsDouble() < 1
        ? Optional.empty()
        : Optional.of(Duration.ofSeconds((long) (bytes / bytesPerSecond.getAsDouble())));
  }
}
