package io.tidemark.analytics;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** The values of some columns of a row, to be equal by. */
final class RowKey {
  private final byte[] @Nullable [] values;
  private final int hash;

  private RowKey(byte[] @Nullable [] values) {
    this.values = values;
    int code = 1;
    for (byte[] value : values) {
      code = 31 * code + Arrays.hashCode(value);
    }
    this.hash = code;
  }

  /** Of the given columns. */
  static RowKey of(byte[] @Nullable [] row, int[] columns) {
    byte[] @Nullable [] values = new byte[columns.length][];
    for (int i = 0; i < columns.length; i++) {
      values[i] = row[columns[i]];
    }
    return new RowKey(values);
  }

  /** Of all columns. */
  static RowKey of(byte[] @Nullable [] row) {
    return new RowKey(row);
  }

  byte[] @Nullable [] values() {
    return values;
  }

  @Override
  public boolean equals(@Nullable Object other) {
    if (!(other instanceof RowKey key) || key.hash != hash) {
      return false;
    }
    for (int i = 0; i < values.length; i++) {
      if (!Arrays.equals(values[i], key.values[i])) {
        return false;
      }
    }
    return true;
  }

  @Override
  public int hashCode() {
    return hash;
  }
}
