package io.tidemark.repository;

import java.nio.ByteBuffer;

/** Collects frames into packs and puts each when it is full. For one thread. */
public final class PackWriter implements AutoCloseable {
  PackWriter() {}

  /**
   * Adds one piece of a file: compresses, encrypts, appends; puts the pack when it is full.
   *
   * @param raw at most {@link Frame#MAX_RAW_BYTES}, direct buffers are fastest; left as it was
   */
  public Frame add(String path, long fileOffset, ByteBuffer raw) {
    throw new UnsupportedOperationException();
  }

  /** Puts what is collected; frames returned before are durable when it returns. */
  public void flush() {
    throw new UnsupportedOperationException();
  }

  /** Releases the buffers; what was not flushed is lost, on purpose. */
  @Override
  public void close() {}
}
