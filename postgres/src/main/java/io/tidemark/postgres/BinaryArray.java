package io.tidemark.postgres;

import java.nio.ByteBuffer;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * An array of one dimension as a parameter of {@link PostgresSession}'s statements, sent in binary
 * form whatever its type: for many rows in one statement, as {@code SELECT * FROM unnest(?, ?)}.
 */
public final class BinaryArray {
  /** PostgreSQL accepts no message of 1 GiB or more (PQ_LARGE_MESSAGE_LIMIT in libpq.h). */
  private static final long MAX_BYTES = (1 << 30) - 1;

  private static final int LOWER_BOUND = 1;

  private final int elementOid;
  private final int arrayOid;
  private final byte[] encoded;

  private BinaryArray(int elementOid, int arrayOid, byte[] encoded) {
    this.elementOid = elementOid;
    this.arrayOid = arrayOid;
    this.encoded = encoded;
  }

  /**
   * An array of elements in the binary form of their type, null for NULL.
   *
   * @param elementOid pg_type.oid
   * @param arrayOid the element type's pg_type.typarray
   * @throws IllegalArgumentException the elements are 1 GiB or more together
   */
  public static BinaryArray of(
      int elementOid, int arrayOid, List<? extends byte @Nullable []> elements) {
    boolean hasNull = false;
    long length = elements.isEmpty() ? 3L * Integer.BYTES : 5L * Integer.BYTES;
    for (byte[] element : elements) {
      hasNull |= element == null;
      length += Integer.BYTES + (element == null ? 0 : element.length);
    }
    if (length > MAX_BYTES) {
      throw new IllegalArgumentException(
          "an array of %d bytes; PostgreSQL takes at most %d in one message"
              .formatted(length, MAX_BYTES));
    }
    ByteBuffer to = ByteBuffer.allocate((int) length);
    to.putInt(elements.isEmpty() ? 0 : 1).putInt(hasNull ? 1 : 0).putInt(elementOid);
    if (!elements.isEmpty()) {
      to.putInt(elements.size()).putInt(LOWER_BOUND);
    }
    elements.forEach(element -> put(to, element));
    return new BinaryArray(elementOid, arrayOid, to.array());
  }

  private static void put(ByteBuffer to, byte @Nullable [] element) {
    if (element == null) {
      to.putInt(-1);
    } else {
      to.putInt(element.length).put(element);
    }
  }

  /** pg_type.oid of the array type. */
  public int arrayOid() {
    return arrayOid;
  }

  /** How many bytes are sent. */
  public int sizeBytes() {
    return encoded.length;
  }

  /** As array_recv reads it (arrayfuncs.c). */
  byte[] encoded() {
    return encoded;
  }

  @Override
  public String toString() {
    return String.format(
        Locale.ROOT, "array of type %d, %d bytes", Integer.toUnsignedLong(elementOid), sizeBytes());
  }
}
