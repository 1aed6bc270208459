package io.tidemark.repository;

import java.nio.ByteBuffer;
import java.util.Arrays;

/** Collects pieces into one buffer, which grows with what really comes, up to a limit. */
final class Collector implements SealedObjects.Sink {
  private final Damage damage;
  private final int limit;
  private byte[] bytes = new byte[0];
  private int length;

  Collector(Damage damage, int limit) {
    this.damage = damage;
    this.limit = limit;
  }

  @Override
  public void expect(long raw) {
    if (raw > limit) {
      throw damage.found("it claims " + raw + " raw bytes; at most " + limit + " are possible");
    }
    // A header's claim alone is not worth more memory than a segment's.
    bytes = new byte[(int) Math.min(raw, 16 << 20)];
  }

  @Override
  public void accept(ByteBuffer piece) {
    int count = piece.remaining();
    if (count > limit - length) {
      throw damage.found("it holds more than " + limit + " raw bytes");
    }
    if (length + count > bytes.length) {
      bytes = Arrays.copyOf(bytes, (int) Math.min(limit, 2L * (length + count)));
    }
    piece.get(bytes, length, count);
    length += count;
  }

  ByteBuffer raw() {
    return ByteBuffer.wrap(bytes, 0, length).slice();
  }
}
