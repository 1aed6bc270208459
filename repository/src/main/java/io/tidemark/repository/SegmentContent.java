package io.tidemark.repository;

import io.tidemark.postgres.Lsn;
import java.nio.ByteBuffer;

/** The answer to a request for one segment. */
public sealed interface SegmentContent {
  /** The whole segment. */
  record Whole(ByteBuffer raw) implements SegmentContent {}

  /**
   * A segment composed of tails, exactly one segment long, zeros after {@code end}.
   *
   * @param end the address after the last archived byte
   */
  record Composed(ByteBuffer raw, Lsn end) implements SegmentContent {}

  /** Neither the segment nor a tail that begins it is in the archive; the store said so. */
  record Absent() implements SegmentContent {}
}
