package io.tidemark.analytics;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The values of some columns of a row, to be equal by. */
final class RowKey {
  private static final VarHandle LONGS =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);

  /** Its bits have no pattern: those of the golden ratio. */
  private static final long ODD = 0x9E3779B97F4A7C15L;

  private final byte[] @Nullable [] values;
  private final int hash;

  private RowKey(byte[] @Nullable [] values) {
    this.values = values;
    long code = 0;
    for (byte[] value : values) {
      code = mix(code, value);
    }
    this.hash = (int) (code >>> Integer.SIZE);
  }

  /**
   * Numbers in binary form that follow each other differ in their last bytes only, of which
   * Arrays.hashCode makes a few thousand values.
   */
  private static long mix(long before, byte @Nullable [] value) {
    if (value == null) {
      return spread(before - 1);
    }
    long code = before + value.length;
    int at = 0;
    for (; at + Long.BYTES <= value.length; at += Long.BYTES) {
      code = spread(code ^ (long) LONGS.get(value, at));
    }
    long rest = 0;
    for (; at < value.length; at++) {
      rest = (rest << Byte.SIZE) | (value[at] & 0xFF);
    }
    return spread(code ^ rest);
  }

  private static long spread(long code) {
    long product = code * ODD;
    return product ^ (product >>> Integer.SIZE);
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

  /** Parts a map: what none of the others has, and the rest. */
  static <V> void part(
      Map<RowKey, V> from, List<Set<RowKey>> others, Map<RowKey, V> apart, Map<RowKey, V> rest) {
    from.forEach(
        (key, its) -> {
          boolean isTaken = others.stream().anyMatch(keys -> keys.contains(key));
          (isTaken ? rest : apart).put(key, its);
        });
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
