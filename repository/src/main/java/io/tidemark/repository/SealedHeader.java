package io.tidemark.repository;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.tidemark.config.ErrorCode;
import io.tidemark.config.TidemarkException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Instant;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.zip.CRC32C;

/**
 * What a sealed object says of itself before its content: a skippable frame of zstd and lz4 that
 * holds a CRC-32C and JSON.
 *
 * @param writer {@code host/pid/version}
 * @param keyId of the data key, empty if the content is not encrypted
 * @param raw bytes of the raw content, empty for a pack
 * @param crc32c of the raw content, empty for a pack or an encrypted object
 * @param about by kind
 */
record SealedHeader(
    Kind kind,
    String writer,
    Instant at,
    Compression.Algorithm compression,
    Optional<String> keyId,
    OptionalLong raw,
    OptionalInt crc32c,
    ObjectNode about) {
  static final int FORMAT = 1;
  static final int MAGIC = 0x184D2A5D;

  /** Magic, length, checksum. */
  static final int FIXED_BYTES = 12;

  /** The longest header, with its fixed part. */
  static final int MAX_BYTES = 64 << 10;

  /** What an object is. */
  enum Kind {
    SEGMENT,
    TAIL,
    HISTORY,
    INDEX,
    PACK,
    MANIFEST;

    String text() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /** As it is stored, at the very start of the object. */
  byte[] encode() {
    byte[] json = Json.bytes(toJson());
    if (json.length > MAX_BYTES - FIXED_BYTES) {
      throw new IllegalArgumentException(
          "the header of a " + kind.text() + " would be " + json.length + " bytes long");
    }
    return ByteBuffer.allocate(FIXED_BYTES + json.length)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putInt(MAGIC)
        .putInt(4 + json.length)
        .putInt(crc(json))
        .put(json)
        .array();
  }

  /**
   * How long the header is in all, by the first {@link #FIXED_BYTES} of its object.
   *
   * @throws TidemarkException OBJECT_DAMAGED where it is no header
   */
  static int length(Damage damage, ByteBuffer start) {
    ByteBuffer fixed = start.duplicate().order(ByteOrder.LITTLE_ENDIAN);
    if (fixed.remaining() < FIXED_BYTES) {
      throw damage.found("it has " + fixed.remaining() + " bytes, too few for a header");
    }
    int magic = fixed.getInt();
    if (magic != MAGIC) {
      throw damage.found(String.format("it begins with %08X and not with %08X", magic, MAGIC));
    }
    long length = 8 + Integer.toUnsignedLong(fixed.getInt());
    if (length < FIXED_BYTES || length > MAX_BYTES) {
      throw damage.found("its header claims " + length + " bytes; at most 65536 are possible");
    }
    return (int) length;
  }

  /**
   * Reads a whole header, which {@code bytes} holds from its position on.
   *
   * @throws TidemarkException OBJECT_DAMAGED, FORMAT_NEWER
   */
  static SealedHeader decode(Damage damage, ByteBuffer bytes) {
    int length = length(damage, bytes);
    if (bytes.remaining() < length) {
      throw damage.found(
          "it ends after " + bytes.remaining() + " bytes, inside its header of " + length);
    }
    byte[] header = new byte[length];
    bytes.duplicate().get(header);
    byte[] json = Arrays.copyOfRange(header, FIXED_BYTES, length);
    int expected = ByteBuffer.wrap(header).order(ByteOrder.LITTLE_ENDIAN).getInt(8);
    if (crc(json) != expected) {
      throw damage.found(
          String.format("its header's CRC-32C is %08X and should be %08X", crc(json), expected));
    }
    try {
      return fromJson(damage, Json.parse(json));
    } catch (IllegalArgumentException e) {
      throw damage.found("its header is not one: " + e.getMessage(), e);
    }
  }

  private ObjectNode toJson() {
    ObjectNode json = Json.object();
    json.put("format", FORMAT)
        .put("kind", kind.text())
        .put("writer", writer)
        .put("at", Json.time(at))
        .put("compression", compression.name().toLowerCase(Locale.ROOT));
    keyId.ifPresent(id -> json.put("key", id));
    raw.ifPresent(length -> json.put("raw", length));
    crc32c.ifPresent(crc -> json.put("crc32c", String.format("%08X", crc)));
    return json.set("about", about);
  }

  private static SealedHeader fromJson(Damage damage, ObjectNode json) {
    requireFormat(damage, json);
    JsonNode about = json.get("about");
    return new SealedHeader(
        Kind.valueOf(Json.string(json, "kind").toUpperCase(Locale.ROOT)),
        Json.string(json, "writer"),
        Json.time(json, "at"),
        Compression.Algorithm.valueOf(Json.string(json, "compression").toUpperCase(Locale.ROOT)),
        Json.optionalString(json, "key"),
        json.has("raw") ? OptionalLong.of(Json.number(json, "raw")) : OptionalLong.empty(),
        Json.optionalString(json, "crc32c")
            .map(hex -> OptionalInt.of(Integer.parseUnsignedInt(hex, 16)))
            .orElse(OptionalInt.empty()),
        about instanceof ObjectNode object ? object : Json.object());
  }

  /**
   * Refuses what a newer Tidemark wrote: its other fields may mean something else.
   *
   * @throws TidemarkException FORMAT_NEWER
   */
  static void requireFormat(Damage damage, ObjectNode json) {
    long format = Json.number(json, "format");
    if (format > FORMAT) {
      throw new TidemarkException(
          ErrorCode.FORMAT_NEWER,
          damage.object() + " has format " + format + "; this Tidemark reads format " + FORMAT,
          "Use the newer Tidemark that wrote it.");
    }
    if (format < 1) {
      throw damage.found("its format is " + format);
    }
  }

  private static int crc(byte[] bytes) {
    CRC32C crc = new CRC32C();
    crc.update(bytes);
    return (int) crc.getValue();
  }
}
