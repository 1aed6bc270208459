package io.tidemark.walarchiver;

import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Optional;

/**
 * The memory that received WAL may take until it is put: a fixed number of buffers of one segment
 * each, outside the heap, made when first wanted and used again. For any thread.
 */
final class SegmentPool {
  private final int segmentBytes;
  private final int limit;
  private final ArrayDeque<ByteBuffer> idle = new ArrayDeque<>();
  private int made;

  /**
   * @param bytes the limit, of which as many segments as fit are used, but at least two: one to
   *     fill while the other is put
   */
  SegmentPool(long bytes, int segmentBytes) {
    this.segmentBytes = segmentBytes;
    this.limit = (int) Math.max(2, bytes / segmentBytes);
  }

  /** A cleared buffer, or empty where all are in use. */
  synchronized Optional<ByteBuffer> take() {
    ByteBuffer buffer = idle.poll();
    if (buffer == null && made < limit) {
      buffer = ByteBuffer.allocateDirect(segmentBytes);
      made++;
    }
    return Optional.ofNullable(buffer).map(ByteBuffer::clear);
  }

  synchronized void give(ByteBuffer buffer) {
    idle.push(buffer);
  }

  /** Bytes of the buffers that are in use. */
  synchronized long usedBytes() {
    return (long) (made - idle.size()) * segmentBytes;
  }

  /** Bytes that are never exceeded. */
  long limitBytes() {
    return (long) limit * segmentBytes;
  }
}
