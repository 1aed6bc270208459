package io.tidemark.replicamanager;

import io.tidemark.postgres.Lsn;
import io.tidemark.postgres.WalPageHeader;
import io.tidemark.restore.TargetFinder.Found;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Where replay is to stop, as PostgreSQL is told: always by position, since it stops at the first
 * record that begins there or later, whatever that holds (recoveryStopsBefore and
 * recoveryStopsAfter in xlogrecovery.c).
 *
 * @param target for people
 * @param inclusive whether that record is replayed, too
 * @param atLeast where replay stands then, at least
 * @param atMost where it stands then, at most; empty where a record may reach over the position
 * @param at when the record at which it stops was written; empty where that is not known
 */
public record Aim(
    String target,
    Lsn lsn,
    boolean inclusive,
    Lsn atLeast,
    Optional<Lsn> atMost,
    Optional<Instant> at) {
  private static final String LSN = "recovery_target_lsn";
  private static final String INCLUSIVE = "recovery_target_inclusive";

  /** Just before a record. */
  static Aim before(String target, Found record) {
    Lsn start = record.start();
    return new Aim(
        target, start, false, beforeHeader(start), Optional.of(start), Optional.of(record.at()));
  }

  /**
   * Before the first lock of a transaction, which nobody could read its tables behind; its end, by
   * which it is known, lies later.
   */
  static Aim beforeLock(String target, Lsn lock, Found end) {
    return new Aim(
        target, lock, false, beforeHeader(lock), Optional.of(lock), Optional.of(end.at()));
  }

  /** With a record, and nothing after it. */
  static Aim through(String target, Found record) {
    Lsn end = record.end();
    return new Aim(
        target,
        record.start(),
        true,
        end,
        Optional.of(end.plus(WalPageHeader.LONG_BYTES)),
        Optional.of(record.at()));
  }

  /** A position that may lie within a record. */
  static Aim upTo(String target, Lsn lsn) {
    return new Aim(target, lsn, false, beforeHeader(lsn), Optional.empty(), Optional.empty());
  }

  /** A position at which replay stands, or has stood: the end of a record. */
  static Aim here(String target, Lsn lsn) {
    return new Aim(target, lsn, false, beforeHeader(lsn), Optional.of(lsn), Optional.empty());
  }

  /** What was once aimed at, as far as that is on record. */
  static Optional<Aim> of(String target, Map<String, String> settings) {
    String lsn = settings.getOrDefault(LSN, "");
    if (lsn.isEmpty()) {
      return Optional.empty();
    }
    Lsn position = Lsn.parse(lsn);
    boolean inclusive = !settings.getOrDefault(INCLUSIVE, "on").equals("off");
    return Optional.of(
        new Aim(
            target,
            position,
            inclusive,
            inclusive ? position : beforeHeader(position),
            Optional.empty(),
            Optional.empty()));
  }

  /** The end of the record before lies in front of a page's header. */
  private static Lsn beforeHeader(Lsn start) {
    return start.compareTo(new Lsn(WalPageHeader.LONG_BYTES)) > 0
        ? start.plus(-WalPageHeader.LONG_BYTES)
        : Lsn.ZERO;
  }

  /** For postgresql.auto.conf. */
  Map<String, String> settings() {
    Map<String, String> settings = new LinkedHashMap<>();
    settings.put(LSN, lsn.toString());
    settings.put(INCLUSIVE, inclusive ? "on" : "off");
    settings.put("recovery_target_action", "pause");
    return settings;
  }

  Wish.HeldAt wish() {
    return new Wish.HeldAt(target, settings());
  }

  /**
   * Whether a replay that stands there, with no record after it yet, has nothing to replay any
   * more.
   */
  boolean isExhaustedAt(Lsn replayed) {
    return !inclusive && replayed.isAtLeast(lsn);
  }

  /** Whether replay stands where it is to stop. */
  boolean isMetBy(Lsn replayed) {
    return replayed.isAtLeast(atLeast) && atMost.filter(replayed::isAfter).isEmpty();
  }
}
