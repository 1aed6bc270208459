package io.tidemark.walarchiver;

import io.tidemark.postgres.Lsn;
import java.time.Duration;

/**
 * Whether a tail of the open segment is to be put now; pure. At most one is under way, and at most
 * one begins every {@code rpo}. While more WAL than the segment holds is known to be on its way, or
 * earlier segments are still being put, a tail would soon be worth nothing: then it has patience.
 */
record TailRule(Duration rpo) {
  private static final int PATIENCE = 3;

  /**
   * What is known of the open segment.
   *
   * @param tailed up to where it is in tails, or on its way there
   * @param verified up to where its records are complete and checked
   * @param segmentEnd where it ends
   * @param serverEnd how far the server's WAL reaches
   * @param tailUnderWay whether the last tail has not returned yet
   * @param segmentsUnderWay complete segments that have not returned yet
   * @param sinceLastTail since the last tail was begun
   */
  record Snapshot(
      Lsn tailed,
      Lsn verified,
      Lsn segmentEnd,
      Lsn serverEnd,
      boolean tailUnderWay,
      int segmentsUnderWay,
      Duration sinceLastTail) {}

  boolean isDue(Snapshot now) {
    if (now.tailUnderWay() || !now.verified().isAfter(now.tailed())) {
      return false;
    }
    boolean soonWorthNothing =
        now.serverEnd().isAtLeast(now.segmentEnd()) || now.segmentsUnderWay() > 0;
    Duration wait = soonWorthNothing ? rpo.multipliedBy(PATIENCE) : rpo;
    return now.sinceLastTail().compareTo(wait) >= 0;
  }
}
