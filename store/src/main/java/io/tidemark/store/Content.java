package io.tidemark.store;

import java.io.InputStream;
import java.nio.ByteBuffer;
import java.util.List;

/**
 * The bytes of an object to be put, held in memory so that a put can be tried again with the very
 * same bytes.
 *
 * @param parts in order; each is read from its position to its limit and never changed
 */
public record Content(List<ByteBuffer> parts) {
  public Content {
    parts = List.copyOf(parts);
  }

  public static Content of(byte[] bytes) {
    return new Content(List.of(ByteBuffer.wrap(bytes)));
  }

  public static Content of(ByteBuffer... parts) {
    return new Content(List.of(parts));
  }

  /** Bytes in all. */
  public long size() {
    return parts.stream().mapToLong(ByteBuffer::remaining).sum();
  }

  /** A fresh stream over all of it; as many as wanted. */
  public InputStream open() {
    return new ByteBufferInputStream(parts);
  }
}
