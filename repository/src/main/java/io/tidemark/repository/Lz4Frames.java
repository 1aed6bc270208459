package io.tidemark.repository;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import net.jpountz.lz4.LZ4Compressor;
import net.jpountz.lz4.LZ4Exception;
import net.jpountz.lz4.LZ4Factory;
import net.jpountz.lz4.LZ4SafeDecompressor;
import net.jpountz.xxhash.XXHash32;
import net.jpountz.xxhash.XXHashFactory;

/**
 * One piece of at most 1 MiB as one frame of the lz4 frame format (lz4_Frame_format.md in lz4's
 * sources), readable by {@code lz4 -d}: with its content size, at most one block, no checksums. The
 * library's own frame streams copy every byte through arrays, several times slower.
 */
final class Lz4Frames {
  static final int MAGIC = 0x184D2204;

  /** Magic, flags, block size, content size, descriptor's checksum. */
  private static final int HEADER_BYTES = 4 + 1 + 1 + 8 + 1;

  /** Version 1, independent blocks, content size present. */
  private static final byte FLAGS = 0x68;

  /** Blocks of at most 1 MiB. */
  private static final byte BLOCK_SIZE = 0x60;

  private static final int STORED_AS_IS = 0x8000_0000;

  /** Bytes around the blocks, and a block's length: what a frame adds to what does not compress. */
  private static final int OVERHEAD = HEADER_BYTES + 4 + 4;

  private final LZ4Compressor compressor = LZ4Factory.fastestInstance().fastCompressor();
  private final LZ4SafeDecompressor decompressor = LZ4Factory.fastestInstance().safeDecompressor();
  private final XXHash32 xxh32 = XXHashFactory.fastestInstance().hash32();

  static int maxStored(int rawLength) {
    int largest = rawLength + rawLength / 255 + 16;
    return largest + OVERHEAD;
  }

  /** Appends the frame of what remains in {@code raw} to {@code into}. */
  void encode(ByteBuffer raw, ByteBuffer into) {
    int start = into.position();
    ByteBuffer out = into.duplicate().order(ByteOrder.LITTLE_ENDIAN);
    out.putInt(MAGIC).put(FLAGS).put(BLOCK_SIZE).putLong(raw.remaining());
    out.put(descriptorChecksum(out, start + 4));
    if (raw.hasRemaining()) {
      putBlock(raw, out);
    }
    out.putInt(0);
    into.position(out.position());
  }

  private void putBlock(ByteBuffer raw, ByteBuffer out) {
    int lengthAt = out.position();
    int dataAt = lengthAt + 4;
    int length =
        compressor.compress(
            raw, raw.position(), raw.remaining(), out, dataAt, out.limit() - dataAt);
    if (length < raw.remaining()) {
      out.putInt(lengthAt, length).position(dataAt + length);
    } else {
      out.putInt(raw.remaining() | STORED_AS_IS).put(raw.duplicate());
    }
  }

  /** Length of the frame at the start of {@code stored}. */
  static int length(ByteBuffer stored) throws DamagedFrameException {
    ByteBuffer in = stored.duplicate().order(ByteOrder.LITTLE_ENDIAN);
    need(in, HEADER_BYTES + 4);
    in.position(in.position() + HEADER_BYTES);
    int word = in.getInt();
    if (word != 0) {
      int length = word & ~STORED_AS_IS;
      need(in, (long) length + 4);
      in.position(in.position() + length);
      if (in.getInt() != 0) {
        throw new DamagedFrameException("has more than one block");
      }
    }
    return in.position() - stored.position();
  }

  /** Decodes {@code stored}, one whole frame, into {@code into} from its position on. */
  void decode(ByteBuffer stored, ByteBuffer into) throws DamagedFrameException {
    ByteBuffer in = stored.duplicate().order(ByteOrder.LITTLE_ENDIAN);
    long rawLength = readHeader(in);
    if (rawLength < 0 || rawLength > into.remaining()) {
      throw new DamagedFrameException("says it holds " + rawLength + " raw bytes: too many");
    }
    if (length(stored) != stored.remaining()) {
      throw new DamagedFrameException("has more bytes than it says");
    }
    int word = in.getInt();
    int found = word == 0 ? 0 : readBlock(in, word, into, (int) rawLength);
    if (found != rawLength) {
      throw new DamagedFrameException("holds " + found + " raw bytes; expected " + rawLength);
    }
    into.position(into.position() + found);
  }

  private long readHeader(ByteBuffer in) throws DamagedFrameException {
    need(in, HEADER_BYTES + 4);
    int start = in.position();
    if (in.getInt() != MAGIC || in.get() != FLAGS || in.get() != BLOCK_SIZE) {
      throw new DamagedFrameException("does not begin as an lz4 frame of this format");
    }
    long rawLength = in.getLong();
    if (descriptorChecksum(in, start + 4) != in.get()) {
      throw new DamagedFrameException("has a header with a wrong checksum");
    }
    return rawLength;
  }

  private int readBlock(ByteBuffer in, int word, ByteBuffer into, int rawLength)
      throws DamagedFrameException {
    int length = word & ~STORED_AS_IS;
    if ((word & STORED_AS_IS) != 0) {
      if (length > rawLength) {
        throw new DamagedFrameException("holds more raw bytes than it says");
      }
      into.put(into.position(), in, in.position(), length);
      return length;
    }
    try {
      return decompressor.decompress(in, in.position(), length, into, into.position(), rawLength);
    } catch (LZ4Exception e) {
      throw new DamagedFrameException("is not valid lz4", e);
    }
  }

  private byte descriptorChecksum(ByteBuffer buffer, int from) {
    return (byte) (xxh32.hash(buffer, from, HEADER_BYTES - 5, 0) >>> 8);
  }

  private static void need(ByteBuffer in, long bytes) throws DamagedFrameException {
    if (in.remaining() < bytes) {
      throw new DamagedFrameException("is cut short: " + in.remaining() + " bytes are left");
    }
  }
}
