package io.tidemark.repository;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;

/** Takes ranges, in ascending order, from a stream that begins somewhere in an object. */
final class StoredBytes {
  private final InputStream in;
  private final byte[] chunk = new byte[64 << 10];
  private long position;

  StoredBytes(InputStream in, long position) {
    this.in = in;
    this.position = position;
  }

  /** Appends {@code length} bytes from {@code offset} in the object, which lie ahead. */
  void read(long offset, int length, ByteBuffer into) throws IOException {
    if (offset < position) {
      throw new IllegalArgumentException(offset + " lies before " + position);
    }
    in.skipNBytes(offset - position);
    int left = length;
    while (left > 0) {
      int count = in.read(chunk, 0, Math.min(left, chunk.length));
      if (count < 0) {
        throw new EOFException("the object ends before byte " + (offset + length));
      }
      into.put(chunk, 0, count);
      left -= count;
    }
    position = offset + length;
  }
}
