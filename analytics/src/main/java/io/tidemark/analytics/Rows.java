package io.tidemark.analytics;

import java.util.BitSet;
import org.jspecify.annotations.Nullable;

/**
 * Rows as they are on their way: for each sent column of a table its value, masked already, in the
 * table's {@link ValueForm form}; null is NULL.
 */
final class Rows {
  /** Stands for a value that the source did not send because it has not changed. */
  static final byte[] UNCHANGED = {};

  private static final int ROW_BYTES = 64;
  private static final int VALUE_BYTES = 24;

  private Rows() {}

  /** Whether it is that very array: an empty value is another. */
  @SuppressWarnings("ReferenceEquality")
  static boolean isUnchanged(byte @Nullable [] value) {
    return value == UNCHANGED;
  }

  static boolean isWhole(byte[] @Nullable [] row) {
    for (byte[] value : row) {
      if (isUnchanged(value)) {
        return false;
      }
    }
    return true;
  }

  /** The columns whose values were sent. */
  static BitSet known(byte[] @Nullable [] row) {
    BitSet known = new BitSet(row.length);
    for (int i = 0; i < row.length; i++) {
      known.set(i, !isUnchanged(row[i]));
    }
    return known;
  }

  /** The newer values, and the older ones where nothing newer was sent. */
  static byte[] @Nullable [] merge(byte[] @Nullable [] older, byte[] @Nullable [] newer) {
    byte[] @Nullable [] merged = newer.clone();
    for (int i = 0; i < merged.length; i++) {
      if (isUnchanged(merged[i])) {
        merged[i] = older[i];
      }
    }
    return merged;
  }

  /** What it takes in memory, about. */
  static long bytes(byte[] @Nullable [] row) {
    long bytes = ROW_BYTES + (long) VALUE_BYTES * row.length;
    for (byte[] value : row) {
      if (value != null) {
        bytes += value.length;
      }
    }
    return bytes;
  }
}
