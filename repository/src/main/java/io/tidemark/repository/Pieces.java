package io.tidemark.repository;

import java.nio.ByteBuffer;

/** Cuts raw content into the pieces that frames are made of. */
final class Pieces {
  private Pieces() {}

  /** The next piece of {@code rest}, whose position moves behind it. */
  static ByteBuffer next(ByteBuffer rest) {
    int length = Math.min(rest.remaining(), Frame.MAX_RAW_BYTES);
    ByteBuffer piece = rest.slice(rest.position(), length);
    rest.position(rest.position() + length);
    return piece;
  }
}
