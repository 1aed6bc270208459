package io.tidemark.repository;

import io.tidemark.repository.SealedHeader.Kind;
import io.tidemark.store.ObjectInfo;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.List;

/** Reads a pack's directory, by two or three small requests. */
final class PackScan {
  /** Where most directories fit, with what follows them. */
  private static final int USUAL_BYTES = 64 << 10;

  private final Part part;

  PackScan(Part part) {
    this.part = part;
  }

  /**
   * What the pack says it holds.
   *
   * @throws io.tidemark.config.TidemarkException OBJECT_DAMAGED
   */
  List<PackDirectory.Entry> entries(PackName pack, ObjectInfo object) {
    Damage damage = part.damage(object.key());
    SealedHeader header = part.sealed().header(object.key(), Kind.PACK);
    long from = Math.max(0, object.size() - USUAL_BYTES);
    byte[] end = StoreReads.range(part.store(), object.key(), from, USUAL_BYTES);
    long directoryAt = directoryAt(damage, object.size(), end);
    int length = (int) (object.size() - PackDirectory.TRAILER_BYTES - directoryAt);
    byte[] stored =
        directoryAt >= from
            ? Arrays.copyOfRange(
                end, (int) (directoryAt - from), (int) (directoryAt - from) + length)
            : StoreReads.range(part.store(), object.key(), directoryAt, length);
    try {
      byte[] compressed = open(header, object.key(), directoryAt, ByteBuffer.wrap(stored));
      return PackDirectory.read(pack, compressed);
    } catch (DamagedFrameException e) {
      throw damage.found("its directory at byte " + directoryAt + " " + e.what(), e);
    }
  }

  private static long directoryAt(Damage damage, long size, byte[] end) {
    if (end.length < PackDirectory.TRAILER_BYTES) {
      throw damage.found("it has only " + size + " bytes");
    }
    ByteBuffer trailer =
        ByteBuffer.wrap(end, end.length - PackDirectory.TRAILER_BYTES, PackDirectory.TRAILER_BYTES)
            .order(ByteOrder.LITTLE_ENDIAN);
    int magic = trailer.getInt();
    int length = trailer.getInt();
    long at = trailer.getLong();
    long longest = PackDirectory.MAX_STORED_BYTES + PackDirectory.TRAILER_BYTES;
    if (magic != PackDirectory.TRAILER_MAGIC || length != 8) {
      throw damage.found("it does not end as a pack: it may be cut short");
    }
    if (at < 0 || at > size - PackDirectory.TRAILER_BYTES || size - at > longest) {
      throw damage.found("its directory cannot be at byte " + at + " of " + size);
    }
    return at;
  }

  private byte[] open(SealedHeader header, String object, long at, ByteBuffer stored)
      throws DamagedFrameException {
    if (header.keyId().isPresent()) {
      DataKey key = PackReader.dataKey(part, object, header.keyId().get());
      ByteBuffer plain = ByteBuffer.allocate(stored.remaining());
      new FrameCipher().decrypt(stored, plain, FrameSeal.at(key, object, at));
      return bytes(plain.flip());
    }
    ByteBuffer in = stored.order(ByteOrder.LITTLE_ENDIAN);
    if (in.remaining() < 8 || in.getInt() != PackDirectory.MAGIC || in.getInt() != in.remaining()) {
      throw new DamagedFrameException("does not begin as one, or is cut short");
    }
    return bytes(in);
  }

  private static byte[] bytes(ByteBuffer buffer) {
    byte[] bytes = new byte[buffer.remaining()];
    buffer.get(bytes);
    return bytes;
  }
}
