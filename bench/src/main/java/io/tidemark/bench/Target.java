package io.tidemark.bench;

import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * One figure that was promised, and what was measured.
 *
 * @param limit that {@code found} must not exceed, or must reach where {@code atLeast}
 */
record Target(String what, boolean atLeast, double limit, double found) {
  private static final double MEMORY_ARCHIVING = 256;
  private static final double MEMORY_WORKING = 512;

  boolean isMet() {
    return atLeast ? found >= limit : found <= limit;
  }

  /** A row of the table. */
  String line() {
    return String.format(
        Locale.ROOT,
        "| %s | %s %s | %s | %s |",
        what,
        atLeast ? "≥" : "≤",
        Spread.number(limit),
        Spread.number(found),
        isMet() ? "met" : "**missed**");
  }

  /** Those that a result says something about. */
  static List<Target> of(Result result) {
    return result.hasTidemark() ? promised(result) : List.of();
  }

  private static List<Target> promised(Result result) {
    return switch (result.task()) {
      case BACKUP ->
          both(
              ratio(result, "full backup ÷ pgBackRest", PgBackRest.NAME, 1.0),
              memory(result, "memory of backup, MiB", MEMORY_WORKING));
      case BACKUP_S3 -> List.of(memory(result, "memory of backup to S3, MiB", MEMORY_WORKING));
      case RESTORE ->
          both(
              ratio(result, "restore ÷ pgBackRest", PgBackRest.NAME, 0.9),
              memory(result, "memory of restore, MiB", MEMORY_WORKING));
      case ARCHIVE ->
          List.of(
              new Target(
                  "archiving, MB/s", true, 200, result.megabytesPerSecond(result.tidemark())),
              memory(result, "memory of the daemon archiving, MiB", MEMORY_ARCHIVING));
      case RECOVERY -> ratio(result, "recovery ÷ cp", RecoveryPart.CP, 0.8).stream().toList();
      case STANDBY -> result.fastestPeer().flatMap(peer -> standby(result, peer)).stream().toList();
      case OBSERVE -> List.of(new Target("observing, % of one core", false, 2, busy(result)));
      case ADVANCE -> List.of();
      case ADVANCE_REPLAY ->
          List.of(new Target("advance, rate ÷ plain replay's", true, 0.95, rate(result)));
      case ANALYTICS_COPY_NARROW, ANALYTICS_COPY_WIDE ->
          Stream.of(
                  faster(result, "copy", AnalyticsCopyPart.NATIVE, 2),
                  faster(result, "copy", AnalyticsCopyPart.PGCOPYDB, 1.5))
              .flatMap(Optional::stream)
              .toList();
      case ANALYTICS_APPLY_PGBENCH ->
          faster(result, "apply of pgbench", NativeFollower.NAME, 2).stream().toList();
      case ANALYTICS_APPLY_BULK ->
          faster(result, "apply of bulk inserts", NativeFollower.NAME, 1.2).stream().toList();
      case ANALYTICS_APPLY_LARGE ->
          List.of(memory(result, "memory with a large transaction, MiB", MEMORY_WORKING));
      case ANALYTICS_FRESHNESS ->
          List.of(
              new Target(
                  "freshness at the 99th percentile, s",
                  false,
                  1,
                  result.tidemark().seconds().median()));
    };
  }

  /** How many times a peer's rate. */
  private static Optional<Target> faster(Result result, String what, String peer, double limit) {
    return result
        .ratioTo(peer)
        .map(ratio -> new Target("%s, rate ÷ %s".formatted(what, peer), true, limit, 1 / ratio));
  }

  private static Optional<Target> standby(Result result, Row peer) {
    return ratio(result, "standby until it streams ÷ " + peer.name(), peer.name(), 0.9);
  }

  private static double busy(Result result) {
    Row row = result.tidemark();
    return 100 * row.spread(Measured::cpuSeconds).median() / row.seconds().median();
  }

  private static double rate(Result result) {
    return result.ratioTo(AdvancePart.PLAIN).map(ratio -> 1 / ratio).orElse(0.0);
  }

  private static Optional<Target> ratio(Result result, String what, String peer, double limit) {
    return result.ratioTo(peer).map(ratio -> new Target(what, false, limit, ratio));
  }

  private static Target memory(Result result, String what, double limit) {
    double found = (double) result.tidemark().peakBytes() / ByteSize.MIB;
    return new Target(what, false, limit, found);
  }

  private static List<Target> both(Optional<Target> first, Target second) {
    return Stream.concat(first.stream(), Stream.of(second)).toList();
  }
}
