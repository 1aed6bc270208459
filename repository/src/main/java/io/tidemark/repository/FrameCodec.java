package io.tidemark.repository;

import com.github.luben.zstd.Zstd;
import com.github.luben.zstd.ZstdCompressCtx;
import com.github.luben.zstd.ZstdDecompressCtx;
import com.github.luben.zstd.ZstdException;
import io.tidemark.repository.Compression.Algorithm;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.jspecify.annotations.Nullable;

/**
 * Turns one piece of content into one frame and back: compression, then encryption. For one thread,
 * which keeps it: its contexts and scratch buffers (at most 4 MiB outside the heap, none before it
 * is needed) are used again. Direct buffers are fastest; others are copied.
 */
final class FrameCodec implements AutoCloseable {
  private static final int ZSTD_MAGIC = 0xFD2FB528;
  private static final int MAX_RAW = Frame.MAX_RAW_BYTES;

  private final Compression compression;
  private final Scratch rawScratch = new Scratch(MAX_RAW);
  private final Scratch storedScratch = new Scratch(maxStored(MAX_RAW));
  private final Scratch plainScratch = new Scratch(maxStored(MAX_RAW));
  private @Nullable ZstdCompressCtx zstd;
  private @Nullable ZstdDecompressCtx unzstd;
  private @Nullable Lz4Frames lz4;
  private @Nullable FrameCipher cipher;

  /**
   * @param compression for encoding; decoding takes every algorithm
   */
  FrameCodec(Compression compression) {
    this.compression = compression;
  }

  /** A direct buffer that is made when it is first wanted. */
  private static final class Scratch {
    private final int bytes;
    private @Nullable ByteBuffer buffer;

    Scratch(int bytes) {
      this.bytes = bytes;
    }

    ByteBuffer clear() {
      ByteBuffer made = buffer;
      if (made == null) {
        made = ByteBuffer.allocateDirect(bytes);
        buffer = made;
      }
      return made.clear();
    }
  }

  /** How long the frame of {@code rawLength} bytes can become, in bytes. */
  static int maxStored(int rawLength) {
    int zstd = rawLength + (rawLength >>> 8) + 512;
    return Math.max(zstd, Lz4Frames.maxStored(rawLength)) + FrameCipher.OVERHEAD;
  }

  /**
   * Appends the frame of what remains in {@code raw} to {@code into}.
   *
   * @param raw at most 1 MiB; left as it was
   * @param into has room for {@link #maxStored} bytes
   * @param seal encrypts; null leaves it plain
   * @return length of the frame in bytes
   */
  int encode(ByteBuffer raw, ByteBuffer into, @Nullable FrameSeal seal) {
    if (raw.remaining() > MAX_RAW || into.remaining() < maxStored(raw.remaining())) {
      throw new IllegalArgumentException(
          raw.remaining() + " bytes do not fit a frame, or their frame not " + into.remaining());
    }
    int start = into.position();
    ByteBuffer direct = raw.isDirect() ? raw : copy(raw, rawScratch);
    if (seal != null) {
      ByteBuffer plain = storedScratch.clear();
      compress(direct, plain);
      cipher().encrypt(plain.flip(), into, seal);
    } else if (into.isDirect()) {
      compress(direct, into);
    } else {
      ByteBuffer plain = storedScratch.clear();
      compress(direct, plain);
      into.put(plain.flip());
    }
    return into.position() - start;
  }

  /**
   * Length of the frame that {@code stored} begins with.
   *
   * @throws DamagedFrameException where none of this kind begins there, or not all of it is there
   */
  int frameLength(ByteBuffer stored, Algorithm algorithm, boolean encrypted)
      throws DamagedFrameException {
    if (encrypted) {
      return FrameCipher.length(stored);
    }
    return switch (algorithm) {
      case NONE -> Math.min(stored.remaining(), MAX_RAW);
      case LZ4 -> Lz4Frames.length(stored);
      case ZSTD -> zstdLength(stored);
    };
  }

  /**
   * Decodes one frame and appends its raw bytes to {@code into}.
   *
   * @param stored exactly one frame; left as it was
   * @param into has room for the raw bytes
   * @param seal decrypts; null where it is not encrypted
   * @return how many raw bytes
   * @throws DamagedFrameException where it is not what was encoded; {@code into} is then undefined
   */
  int decode(ByteBuffer stored, Algorithm algorithm, ByteBuffer into, @Nullable FrameSeal seal)
      throws DamagedFrameException {
    if (stored.remaining() > maxStored(MAX_RAW)) {
      throw new DamagedFrameException("has " + stored.remaining() + " bytes: longer than any");
    }
    ByteBuffer plain = stored;
    if (seal != null) {
      plain = plainScratch.clear();
      cipher().decrypt(stored, plain, seal);
      plain.flip();
    } else if (!stored.isDirect()) {
      plain = copy(stored, plainScratch);
    }
    int start = into.position();
    if (into.isDirect()) {
      decompress(plain, algorithm, into);
    } else {
      ByteBuffer raw = rawScratch.clear().limit(Math.min(MAX_RAW, into.remaining()));
      decompress(plain, algorithm, raw);
      into.put(raw.flip());
    }
    return into.position() - start;
  }

  private static ByteBuffer copy(ByteBuffer from, Scratch scratch) {
    return scratch.clear().put(from.duplicate()).flip();
  }

  private void compress(ByteBuffer raw, ByteBuffer into) {
    switch (compression.algorithm()) {
      case NONE -> into.put(raw.duplicate());
      case LZ4 -> lz4().encode(raw, into);
      case ZSTD -> {
        int length =
            zstd()
                .compressDirectByteBuffer(
                    into, into.position(), into.remaining(), raw, raw.position(), raw.remaining());
        into.position(into.position() + length);
      }
    }
  }

  private void decompress(ByteBuffer plain, Algorithm algorithm, ByteBuffer into)
      throws DamagedFrameException {
    switch (algorithm) {
      case NONE -> {
        if (plain.remaining() > Math.min(MAX_RAW, into.remaining())) {
          throw new DamagedFrameException(
              "holds " + plain.remaining() + " raw bytes: more than expected");
        }
        into.put(plain.duplicate());
      }
      case LZ4 -> {
        int limit = into.limit();
        into.limit(into.position() + Math.min(MAX_RAW, into.remaining()));
        lz4().decode(plain, into);
        into.limit(limit);
      }
      case ZSTD -> unzstd(plain, into);
    }
  }

  private void unzstd(ByteBuffer plain, ByteBuffer into) throws DamagedFrameException {
    if (zstdLength(plain) != plain.remaining()) {
      throw new DamagedFrameException("has more bytes than it says");
    }
    long says =
        Zstd.getDirectByteBufferFrameContentSize(plain, plain.position(), plain.remaining());
    if (says < 0 || says > Math.min(MAX_RAW, into.remaining())) {
      throw new DamagedFrameException("says it holds " + says + " raw bytes: not as expected");
    }
    try {
      int length =
          unzstd()
              .decompressDirectByteBuffer(
                  into, into.position(), (int) says, plain, plain.position(), plain.remaining());
      if (length != says) {
        throw new DamagedFrameException("holds " + length + " raw bytes; expected " + says);
      }
      into.position(into.position() + length);
    } catch (ZstdException e) {
      throw new DamagedFrameException("is not valid zstd: " + e.getMessage(), e);
    }
  }

  private int zstdLength(ByteBuffer stored) throws DamagedFrameException {
    if (stored.remaining() < 4
        || stored.duplicate().order(ByteOrder.LITTLE_ENDIAN).getInt() != ZSTD_MAGIC) {
      throw new DamagedFrameException("does not begin as a zstd frame");
    }
    ByteBuffer head = stored;
    if (!stored.isDirect()) {
      int length = Math.min(stored.remaining(), maxStored(MAX_RAW));
      head = copy(stored.slice(stored.position(), length), plainScratch);
    }
    long length =
        Zstd.findDirectByteBufferFrameCompressedSize(head, head.position(), head.remaining());
    if (Zstd.isError(length) || length > stored.remaining()) {
      throw new DamagedFrameException("is not a whole zstd frame");
    }
    return (int) length;
  }

  private ZstdCompressCtx zstd() {
    ZstdCompressCtx made = zstd;
    if (made == null) {
      made = new ZstdCompressCtx().setLevel(compression.level());
      zstd = made;
    }
    return made;
  }

  private ZstdDecompressCtx unzstd() {
    ZstdDecompressCtx made = unzstd;
    if (made == null) {
      made = new ZstdDecompressCtx();
      unzstd = made;
    }
    return made;
  }

  private Lz4Frames lz4() {
    Lz4Frames made = lz4;
    if (made == null) {
      made = new Lz4Frames();
      lz4 = made;
    }
    return made;
  }

  private FrameCipher cipher() {
    FrameCipher made = cipher;
    if (made == null) {
      made = new FrameCipher();
      cipher = made;
    }
    return made;
  }

  @Override
  public void close() {
    if (zstd != null) {
      zstd.close();
    }
    if (unzstd != null) {
      unzstd.close();
    }
  }
}
