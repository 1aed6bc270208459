package io.tidemark.repository;

import io.tidemark.repository.SealedHeader.Kind;
import io.tidemark.repository.SealedObjects.Sink;
import io.tidemark.repository.Workbenches.Workbench;
import io.tidemark.store.ObjectStore;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.util.Optional;
import java.util.zip.CRC32C;

/** Reads one sealed object from its start to its end and checks everything that it says. */
final class SealedReader implements AutoCloseable {
  private static final int MAX_FRAME = FrameCodec.maxStored(Frame.MAX_RAW_BYTES);

  private final ObjectStore store;
  private final String key;
  private final Optional<Keyring> keyring;
  private final Workbench bench;
  private final Damage damage;
  private final InputStream in;
  private final byte[] chunk = new byte[64 << 10];

  /** What was read and not yet decoded, from position to limit. */
  private final ByteBuffer stored;

  private boolean ended;

  /** Of the first byte in {@code stored}, in the object. */
  private long offset;

  SealedReader(ObjectStore store, String key, Optional<Keyring> keyring, Workbench bench) {
    this.store = store;
    this.key = key;
    this.keyring = keyring;
    this.bench = bench;
    this.damage = Damage.of(store, key);
    this.stored = bench.stored().limit(0);
    this.in = store.get(key);
  }

  SealedHeader read(Kind kind, Sink sink) {
    SealedHeader header = readHeader(kind);
    long raw =
        header.raw().orElseThrow(() -> damage.found("its header does not say how long it is"));
    sink.expect(raw);
    Optional<DataKey> dataKey = header.keyId().map(this::dataKey);
    CRC32C crc = new CRC32C();
    long length = 0;
    do {
      ByteBuffer piece = nextPiece(header, dataKey);
      length += piece.remaining();
      if (length > raw) {
        throw damage.found("it holds more than the " + raw + " raw bytes that its header says");
      }
      crc.update(piece.duplicate());
      sink.accept(piece);
    } while (fill() > 0);
    requireContent(header, length, (int) crc.getValue());
    return header;
  }

  private SealedHeader readHeader(Kind kind) {
    fill();
    SealedHeader header = SealedHeader.decode(damage, stored);
    advance(SealedHeader.length(damage, stored));
    return SealedObjects.requireKind(damage, header, kind);
  }

  private DataKey dataKey(String id) {
    return keyring
        .orElseThrow(() -> damage.found("it is encrypted, and its repository is not"))
        .byId(id);
  }

  private ByteBuffer nextPiece(SealedHeader header, Optional<DataKey> dataKey) {
    fill();
    try {
      int length = bench.codec.frameLength(stored, header.compression(), dataKey.isPresent());
      boolean last = ended && length == stored.remaining();
      FrameSeal seal = SealedObjects.seal(dataKey, key, offset, last);
      ByteBuffer piece = bench.piece();
      bench.codec.decode(
          stored.slice(stored.position(), length), header.compression(), piece, seal);
      advance(length);
      return piece.flip();
    } catch (DamagedFrameException e) {
      throw damage.found("its frame at byte " + offset + " " + e.what(), e);
    }
  }

  private void requireContent(SealedHeader header, long length, int crc) {
    if (header.raw().orElse(-1) != length) {
      throw damage.found(
          "it holds " + length + " raw bytes; its header says " + header.raw().orElse(-1));
    }
    if (header.crc32c().isPresent() && header.crc32c().getAsInt() != crc) {
      throw damage.found(
          String.format(
              "the CRC-32C of its content is %08X; its header says %08X",
              crc, header.crc32c().getAsInt()));
    }
    if (header.crc32c().isEmpty() && header.keyId().isEmpty()) {
      throw damage.found("its header has neither a checksum nor a key");
    }
  }

  private void advance(int length) {
    stored.position(stored.position() + length);
    offset += length;
  }

  /**
   * Reads on until a whole frame and a byte of the next are there, or the object has ended: only so
   * is it known which frame is the last.
   *
   * @return how many bytes are there
   */
  private int fill() {
    if (ended || stored.remaining() > MAX_FRAME) {
      return stored.remaining();
    }
    stored.compact();
    try {
      while (!ended && stored.hasRemaining()) {
        int count = in.read(chunk, 0, Math.min(chunk.length, stored.remaining()));
        ended = count < 0;
        stored.put(chunk, 0, Math.max(count, 0));
      }
    } catch (IOException e) {
      throw StoreReads.failed(store, key, e);
    } finally {
      stored.flip();
    }
    return stored.remaining();
  }

  @Override
  public void close() {
    try {
      in.close();
    } catch (IOException e) {
      throw StoreReads.failed(store, key, e);
    }
  }
}
