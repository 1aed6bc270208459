package io.tidemark.analytics;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.UUID;

/** Values that still join, and that only the key leads back to. */
final class MaskPseudonym {
  private static final int BYTES = 16;
  private static final HexFormat HEX = HexFormat.of();

  private MaskPseudonym() {}

  static MaskFunction of(String type, PseudonymKey key) {
    return switch (type) {
      case "uuid" -> value -> value == null ? null : uuid(key.hmac(value));
      case "character", "bpchar" ->
          value -> value == null ? null : hex(key.hmac(withoutBlanks(value)));
      default -> value -> value == null ? null : hex(key.hmac(value));
    };
  }

  private static byte[] hex(byte[] code) {
    return HEX.formatHex(code, 0, BYTES).getBytes(StandardCharsets.US_ASCII);
  }

  /** Version 8 of RFC 9562: custom content around the bits of version and variant. */
  private static byte[] uuid(byte[] code) {
    code[6] = (byte) (0x80 | (code[6] & 0x0f));
    code[8] = (byte) (0x80 | (code[8] & 0x3f));
    ByteBuffer bits = ByteBuffer.wrap(code);
    return new UUID(bits.getLong(), bits.getLong()).toString().getBytes(StandardCharsets.US_ASCII);
  }

  private static byte[] withoutBlanks(byte[] value) {
    int length = value.length;
    while (length > 0 && value[length - 1] == ' ') {
      length--;
    }
    return length == value.length ? value : Arrays.copyOf(value, length);
  }
}
