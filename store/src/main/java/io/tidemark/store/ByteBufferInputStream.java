package io.tidemark.store;

import java.io.InputStream;
import java.nio.ByteBuffer;
import java.util.List;

/** Reads several buffers one after the other, leaving their positions alone. */
final class ByteBufferInputStream extends InputStream {
  private final List<ByteBuffer> parts;
  private int next;

  ByteBufferInputStream(List<ByteBuffer> parts) {
    this.parts = parts.stream().map(ByteBuffer::duplicate).toList();
  }

  @Override
  public int read() {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
  }

  @Override
  public int read(byte[] into, int offset, int length) {
    while (next < parts.size() && !parts.get(next).hasRemaining()) {
      next++;
    }
    if (length == 0) {
      return 0;
    }
    if (next == parts.size()) {
      return -1;
    }
    int count = Math.min(length, parts.get(next).remaining());
    parts.get(next).get(into, offset, count);
    return count;
  }

  @Override
  public int available() {
    return (int) Math.min(Integer.MAX_VALUE, parts.stream().mapToLong(ByteBuffer::remaining).sum());
  }
}
