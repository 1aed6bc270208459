package io.tidemark.walarchiver;

import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Optional;

/**
 * The memory that received WAL may take until it is put: a fixed number of buffers of one segment
 * each, outside the heap, made when first wanted and used again. For any thread.
 */
final class SegmentPool {
  /** The least with which spares can be had. */
  static final int WITH_SPARES = 3;

  private static final int RESERVED = 2;

  private final int segmentBytes;
  private final int limit;
  private final ArrayDeque<ByteBuffer> idle = new ArrayDeque<>();
  private int made;
  private int spares;

  /**
   * @param bytes the limit, of which as many segments as fit are used
   * @param least but at least so many; two: one to fill while the other is put
   */
  SegmentPool(long bytes, int segmentBytes, int least) {
    this.segmentBytes = segmentBytes;
    this.limit = (int) Math.max(least, bytes / segmentBytes);
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

  /** As {@link #take}, but two are always left to those who do not take spares. */
  synchronized Optional<ByteBuffer> takeSpare() {
    Optional<ByteBuffer> buffer = spares < limit - RESERVED ? take() : Optional.empty();
    spares += buffer.isPresent() ? 1 : 0;
    return buffer;
  }

  synchronized void giveSpare(ByteBuffer buffer) {
    spares--;
    give(buffer);
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
