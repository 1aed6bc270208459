package io.tidemark.repository;

import io.tidemark.postgres.Lsn;
import io.tidemark.postgres.WalSegment;

/**
 * What one archived segment says.
 *
 * @param end the address after its last archived byte: the segment's end if it is whole
 */
public record SegmentSummary(WalSegment segment, Lsn end, WalSummary summary) {}
