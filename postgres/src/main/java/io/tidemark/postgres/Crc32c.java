package io.tidemark.postgres;

import java.util.HexFormat;
import java.util.zip.CRC32C;

/** CRC-32C (Castagnoli), PostgreSQL's checksum for WAL records, pg_control and manifests. */
public final class Crc32c {
  private static final int POLYNOMIAL = 0x82F63B78;

  private Crc32c() {}

  /** The checksum of a whole array. */
  public static int of(byte[] bytes) {
    CRC32C crc = new CRC32C();
    crc.update(bytes, 0, bytes.length);
    return (int) crc.getValue();
  }

  /**
   * The checksum of two pieces one after the other, from the checksums of the pieces.
   *
   * @param second the second piece's checksum
   * @param secondBytes its length in bytes, 0 or more
   */
  public static int combine(int first, int second, long secondBytes) {
    if (secondBytes < 0) {
      throw new IllegalArgumentException("a length is not negative: " + secondBytes);
    }
    return multiply(powerOfX(secondBytes), first) ^ second;
  }

  /** As backup_manifest spells it: the value's four bytes, lowest first, in hexadecimal. */
  public static String manifestHex(int crc) {
    byte[] bytes = new byte[4];
    LittleEndian.putInt(bytes, 0, crc);
    return HexFormat.of().formatHex(bytes);
  }

  /** x to the power of 8 × {@code bytes}, modulo the polynomial; bit 31 is x to the power 0. */
  private static int powerOfX(long bytes) {
    int result = 1 << 31;
    int square = 1 << 23;
    for (long rest = bytes; rest != 0; rest >>>= 1) {
      if ((rest & 1) != 0) {
        result = multiply(square, result);
      }
      square = multiply(square, square);
    }
    return result;
  }

  /** The product of two polynomials over GF(2), modulo the polynomial. */
  private static int multiply(int a, int b) {
    int product = 0;
    int shifted = b;
    for (int bit = 31; bit >= 0; bit--) {
      product ^= shifted & -(a >>> bit & 1);
      shifted = (shifted >>> 1) ^ (POLYNOMIAL & -(shifted & 1));
    }
    return product;
  }
}
