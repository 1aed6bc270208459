package io.tidemark.repository;

import java.io.ByteArrayOutputStream;
import java.lang.foreign.Arena;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** One pack while it is filled: a buffer outside the heap that is used again for the next. */
final class PackBuffer {
  /** A pack is full when its frames have so many bytes. */
  static final int TARGET_BYTES = 32 << 20;

  /** The target, one frame that goes beyond it, and the directory: about 34 MiB. */
  static final int CAPACITY_BYTES =
      TARGET_BYTES + FrameCodec.maxStored(Frame.MAX_RAW_BYTES) + PackDirectory.MAX_STORED_BYTES;

  private final ByteBuffer bytes;
  private final ByteArrayOutputStream directory = new ByteArrayOutputStream();
  private PackName name = PackName.NONE;
  private String object = "";
  private Optional<DataKey> key = Optional.empty();

  PackBuffer(Arena arena) {
    this.bytes = arena.allocate(CAPACITY_BYTES).asByteBuffer().order(ByteOrder.LITTLE_ENDIAN);
  }

  /** Begins a pack. */
  void begin(PackName name, String object, Optional<DataKey> key, byte[] header) {
    this.name = name;
    this.object = object;
    this.key = key;
    directory.reset();
    bytes.clear().put(header);
  }

  PackName name() {
    return name;
  }

  /** The key of its object. */
  String object() {
    return object;
  }

  /** Adds a piece, unless the pack is too full for it: then null. */
  @Nullable Frame add(
      FrameCodec codec, String path, long fileOffset, ByteBuffer raw, int crc32c, long xxh64) {
    if (bytes.position() >= TARGET_BYTES) {
      return null;
    }
    int offset = bytes.position();
    int length = codec.encode(raw, bytes, seal(offset));
    Frame frame = new Frame(fileOffset, raw.remaining(), name, offset, length, crc32c, xxh64);
    byte[] line = PackDirectory.line(path, frame);
    if (directory.size() + line.length > PackDirectory.MAX_RAW_BYTES) {
      bytes.position(offset);
      return null;
    }
    directory.writeBytes(line);
    return frame;
  }

  /** Ends the pack with its directory; the result is its object, valid until the next begins. */
  ByteBuffer finish() {
    int offset = bytes.position();
    byte[] compressed = PackDirectory.compress(directory.toByteArray());
    FrameSeal seal = seal(offset);
    if (seal == null) {
      bytes.putInt(PackDirectory.MAGIC).putInt(compressed.length).put(compressed);
    } else {
      new FrameCipher().encrypt(ByteBuffer.wrap(compressed), bytes, seal);
    }
    bytes.putInt(PackDirectory.TRAILER_MAGIC).putInt(8).putLong(offset);
    return bytes.duplicate().flip();
  }

  private @Nullable FrameSeal seal(long offset) {
    DataKey dataKey = key.orElse(null);
    return dataKey == null ? null : FrameSeal.at(dataKey, object, offset);
  }
}
