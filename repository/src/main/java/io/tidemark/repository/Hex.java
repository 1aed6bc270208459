package io.tidemark.repository;

import java.util.HexFormat;

/** Checksums as the format's JSON has them. */
final class Hex {
  private static final HexFormat UPPER = HexFormat.of().withUpperCase();

  private Hex() {}

  static String hex8(int value) {
    return UPPER.toHexDigits(value);
  }

  static String hex16(long value) {
    return UPPER.toHexDigits(value);
  }

  /** Throws IllegalArgumentException where it is not 8 digits. */
  static int parse8(String text) {
    require(text, 8);
    return HexFormat.fromHexDigits(text);
  }

  /** Throws IllegalArgumentException where it is not 16 digits. */
  static long parse16(String text) {
    require(text, 16);
    return HexFormat.fromHexDigitsToLong(text);
  }

  private static void require(String text, int digits) {
    if (text.length() != digits) {
      throw new IllegalArgumentException("not " + digits + " hex digits: '" + text + "'");
    }
  }
}
