package io.tidemark.store;

import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;

/** Compares streams with little memory. */
final class SameBytes {
  private static final int PIECE = 64 * 1024;

  private SameBytes() {}

  static boolean in(InputStream one, InputStream other) throws IOException {
    byte[] left = new byte[PIECE];
    byte[] right = new byte[PIECE];
    while (true) {
      int leftCount = one.readNBytes(left, 0, PIECE);
      int rightCount = other.readNBytes(right, 0, PIECE);
      if (!Arrays.equals(left, 0, leftCount, right, 0, rightCount)) {
        return false;
      }
      if (leftCount < PIECE) {
        return true;
      }
    }
  }
}
