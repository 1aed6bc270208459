package io.tidemark.repository;

import io.tidemark.postgres.Lsn;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * What the records that end in a stretch of WAL say: enough to find a recovery target without
 * reading the WAL itself.
 *
 * @param commits transactions that committed or aborted in it
 * @param firstEnd earliest commit or abort time, empty if there is none
 * @param lastEnd latest commit or abort time, empty if there is none
 * @param minXid lowest of their transaction IDs, 0 if there is none
 * @param maxXid highest of their transaction IDs, 0 if there is none
 * @param tablespacesMade how many tablespaces were created in it; empty where nobody looked
 */
public record WalSummary(
    long commits,
    Optional<Instant> firstEnd,
    Optional<Instant> lastEnd,
    long minXid,
    long maxXid,
    List<RestorePoint> restorePoints,
    OptionalLong tablespacesMade) {
  /** Nothing ended in it. */
  public static final WalSummary EMPTY =
      new WalSummary(0, Optional.empty(), Optional.empty(), 0, 0, List.of());

  /**
   * A named point made by pg_create_restore_point.
   *
   * @param lsn the end of its record
   */
  public record RestorePoint(String name, Lsn lsn, Instant at) {}

  /** Of WAL in which no tablespace was created. */
  public WalSummary(
      long commits,
      Optional<Instant> firstEnd,
      Optional<Instant> lastEnd,
      long minXid,
      long maxXid,
      List<RestorePoint> restorePoints) {
    this(commits, firstEnd, lastEnd, minXid, maxXid, restorePoints, OptionalLong.of(0));
  }

  public WalSummary {
    restorePoints = List.copyOf(restorePoints);
  }

  /** This and a later one as one. */
  public WalSummary plus(WalSummary later) {
    if (later.equals(EMPTY)) {
      return this;
    }
    if (equals(EMPTY)) {
      return later;
    }
    List<RestorePoint> points = new ArrayList<>(restorePoints);
    points.addAll(later.restorePoints);
    boolean noXid = minXid == 0;
    boolean laterNoXid = later.minXid == 0;
    return new WalSummary(
        commits + later.commits,
        earliest(firstEnd, later.firstEnd),
        latest(lastEnd, later.lastEnd),
        noXid ? later.minXid : laterNoXid ? minXid : lowerXid(minXid, later.minXid),
        noXid ? later.maxXid : laterNoXid ? maxXid : higherXid(maxXid, later.maxXid),
        points,
        sum(tablespacesMade, later.tablespacesMade));
  }

  private static OptionalLong sum(OptionalLong a, OptionalLong b) {
    return a.isPresent() && b.isPresent()
        ? OptionalLong.of(a.getAsLong() + b.getAsLong())
        : OptionalLong.empty();
  }

  /** Whether {@code a} comes before {@code b}, modulo 2^32 as PostgreSQL compares them. */
  public static boolean xidPrecedes(long a, long b) {
    return (int) (a - b) < 0;
  }

  private static long lowerXid(long a, long b) {
    return xidPrecedes(a, b) ? a : b;
  }

  private static long higherXid(long a, long b) {
    return xidPrecedes(a, b) ? b : a;
  }

  private static Optional<Instant> earliest(Optional<Instant> a, Optional<Instant> b) {
    return a.isEmpty() || (b.isPresent() && b.get().isBefore(a.get())) ? b : a;
  }

  private static Optional<Instant> latest(Optional<Instant> a, Optional<Instant> b) {
    return a.isEmpty() || (b.isPresent() && b.get().isAfter(a.get())) ? b : a;
  }
}
