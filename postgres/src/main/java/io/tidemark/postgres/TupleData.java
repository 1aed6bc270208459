package io.tidemark.postgres;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The published columns of one row, as pgoutput sends them. The arrays are not copied: who gets one
 * does not change it, and may keep it.
 */
public final class TupleData {
  public static final byte NULL = 'n';

  /** Stored out of line, and not changed: the value is not sent. */
  public static final byte UNCHANGED = 'u';

  public static final byte TEXT = 't';
  public static final byte BINARY = 'b';

  private final byte[] kinds;
  private final byte[] @Nullable [] values;

  /**
   * @param kinds for each column what {@code values} holds
   * @param values for each column the bytes of its text or binary form; null with the first two
   *     kinds
   */
  public TupleData(byte[] kinds, byte[] @Nullable [] values) {
    this.kinds = kinds;
    this.values = values;
  }

  /** How many columns. */
  public int size() {
    return kinds.length;
  }

  /** {@link #NULL}, {@link #UNCHANGED}, {@link #TEXT} or {@link #BINARY}. */
  public byte kind(int column) {
    return kinds[column];
  }

  /** The bytes; null where it is NULL or unchanged. */
  public byte @Nullable [] value(int column) {
    return values[column];
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof TupleData that
        && Arrays.equals(kinds, that.kinds)
        && Arrays.deepEquals(values, that.values);
  }

  @Override
  public int hashCode() {
    return 31 * Arrays.hashCode(kinds) + Arrays.deepHashCode(values);
  }

  /** Kinds only: what a row says is nobody's business in a log. */
  @Override
  public String toString() {
    return new String(kinds, StandardCharsets.US_ASCII);
  }
}
