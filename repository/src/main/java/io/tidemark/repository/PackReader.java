package io.tidemark.repository;

import java.nio.ByteBuffer;
import java.util.List;

/** Reads frames of packs. Safe for use by many threads. */
public final class PackReader {
  PackReader() {}

  /** Takes one frame's raw bytes; the buffer is used again after the call. */
  public interface Sink {
    void accept(Frame frame, ByteBuffer raw);
  }

  /**
   * Reads frames of one pack in few requests, checks length, authentication and CRC-32C of each,
   * and hands them over in the order of their pack offsets.
   *
   * @throws io.tidemark.config.TidemarkException OBJECT_DAMAGED naming pack, offset and what
   *     differs
   */
  public void read(PackName pack, List<Frame> frames, Sink sink) {
    throw new UnsupportedOperationException();
  }
}
