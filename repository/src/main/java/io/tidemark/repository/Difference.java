package io.tidemark.repository;

import java.nio.ByteBuffer;
import java.util.OptionalLong;

/** Compares what comes in pieces with what is expected. */
final class Difference implements SealedObjects.Sink {
  private final ByteBuffer expected;
  private long position;
  private long first = -1;

  Difference(ByteBuffer expected) {
    this.expected = expected.slice();
  }

  @Override
  public void accept(ByteBuffer piece) {
    int length = piece.remaining();
    if (first < 0) {
      ByteBuffer counterpart =
          expected.slice(expected.position(), Math.min(length, expected.remaining()));
      int mismatch = counterpart.mismatch(piece);
      if (mismatch >= 0) {
        first = position + mismatch;
      }
      expected.position(expected.position() + counterpart.remaining());
    }
    position += length;
  }

  /** The first byte that differs, or that only one of the two has; to be asked at the end. */
  OptionalLong at() {
    if (first >= 0) {
      return OptionalLong.of(first);
    }
    return expected.hasRemaining() ? OptionalLong.of(position) : OptionalLong.empty();
  }
}
