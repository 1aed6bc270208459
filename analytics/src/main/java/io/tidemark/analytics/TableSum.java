package io.tidemark.analytics;

import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/**
 * All rows of one side of a table in two numbers: for tables whose rows cannot be found by the same
 * key on both sides. Equal rows count as often as they are there.
 *
 * @param hashes the sum of 64 bits of SHA-256 of each row
 */
record TableSum(long rows, long hashes) {
  private static final int BUFFER_BYTES = 4096;

  static TableSum of(ComparedSide side) {
    MessageDigest digest = sha256();
    long[] sums = new long[2];
    CopyBuffer line = new CopyBuffer(BUFFER_BYTES);
    side.all(
        row -> {
          for (byte[] value : row) {
            line.value(value);
            line.raw('\t');
          }
          sums[0]++;
          sums[1] += ByteBuffer.wrap(digest.digest(line.take())).getLong();
        });
    return new TableSum(sums[0], sums[1]);
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }
}
