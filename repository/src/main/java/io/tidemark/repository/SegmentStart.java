package io.tidemark.repository;

import io.tidemark.postgres.WalPageHeader;
import io.tidemark.postgres.WalSegment;
import java.nio.ByteBuffer;
import java.util.Optional;

/** Checks that bytes are the beginning of the segment that they are said to be. */
final class SegmentStart {
  private SegmentStart() {}

  /**
   * What is wrong with the first page of {@code segment}, a sentence; empty where nothing is, or
   * where there are fewer bytes than its header has.
   */
  static Optional<String> problem(ClusterIdentity identity, WalSegment segment, ByteBuffer raw) {
    if (raw.remaining() < WalPageHeader.LONG_BYTES) {
      return Optional.empty();
    }
    byte[] start = new byte[WalPageHeader.LONG_BYTES];
    raw.duplicate().get(start);
    WalPageHeader header = WalPageHeader.decode(start, 0);
    if (header.identity().isEmpty()) {
      return Optional.of("its first page has no long header");
    }
    WalPageHeader.Identity found = header.identity().get();
    if (!found.systemId().equals(identity.systemId())) {
      return difference("system identifier", found.systemId(), identity.systemId());
    }
    if (found.segmentBytes() != segment.size().bytes()) {
      return difference("segment size", found.segmentBytes(), segment.size().bytes());
    }
    if (!header.address().equals(segment.start())) {
      return difference("address", header.address(), segment.start());
    }
    // Lower is right: a timeline's first segment begins with what its ancestors wrote.
    if (header.timelineId() < 1 || header.timelineId() > segment.timeline().id()) {
      return difference("timeline", header.timelineId(), segment.timeline());
    }
    return Optional.empty();
  }

  private static Optional<String> difference(String what, Object found, Object expected) {
    return Optional.of("its first page's " + what + " is " + found + "; expected " + expected);
  }
}
