package io.tidemark.repository;

import io.tidemark.postgres.Lsn;
import io.tidemark.postgres.WalSegment;

/**
 * What one archived segment says.
 *
 * @param end the address after its last archived byte: the segment's end if it is whole
 * @param summary of a segment composed of overlapping tails it may count a commit twice
 * @param restorePointsLeftOut how many restore points are in the WAL and not in the summary, which
 *     keeps the first 128
 */
public record SegmentSummary(
    WalSegment segment, Lsn end, WalSummary summary, long restorePointsLeftOut) {

  /** With all restore points in the summary. */
  public SegmentSummary(WalSegment segment, Lsn end, WalSummary summary) {
    this(segment, end, summary, 0);
  }
}
