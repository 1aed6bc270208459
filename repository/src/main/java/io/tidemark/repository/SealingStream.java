package io.tidemark.repository;

import io.tidemark.repository.Workbenches.Workbench;
import io.tidemark.store.Content;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Makes the frames of a sealed object of what is written to it. For one thread. */
final class SealingStream extends OutputStream {
  private final String key;
  private final Optional<DataKey> dataKey;
  private final Workbench bench;
  private final ByteBuffer piece;
  private final List<ByteBuffer> parts = new ArrayList<>();
  private long offset;

  SealingStream(Workbenches benches, String key, Optional<DataKey> dataKey, byte[] header) {
    this.key = key;
    this.dataKey = dataKey;
    this.bench = benches.take();
    this.piece = bench.piece();
    parts.add(ByteBuffer.wrap(header));
    offset = header.length;
  }

  @Override
  public void write(int b) {
    write(new byte[] {(byte) b}, 0, 1);
  }

  @Override
  public void write(byte[] bytes, int from, int length) {
    int at = from;
    while (at < from + length) {
      if (!piece.hasRemaining()) {
        seal(false);
      }
      int count = Math.min(piece.remaining(), from + length - at);
      piece.put(bytes, at, count);
      at += count;
    }
  }

  /**
   * A piece is sealed when the next begins, or at the end: only then is it known to be the last.
   */
  private void seal(boolean last) {
    ByteBuffer frame = bench.stored();
    bench.codec.encode(piece.flip(), frame, SealedObjects.seal(dataKey, key, offset, last));
    byte[] copy = new byte[frame.flip().remaining()];
    frame.get(copy);
    parts.add(ByteBuffer.wrap(copy));
    offset += copy.length;
    piece.clear();
  }

  /** The whole object; to be called once, when all is written. */
  Content finish() {
    seal(true);
    return new Content(parts);
  }

  @Override
  public void close() {
    bench.close();
  }
}
