package io.tidemark.analytics;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * Lets no value pass that is not UTF-8. A database whose encoding is SQL_ASCII takes any bytes, and
 * nobody can say what they mean: a guess would be wrong for good.
 *
 * @param then what becomes of the others
 */
record Utf8Only(MaskFunction then) implements MaskFunction {
  /** A value is not UTF-8. */
  static final class InvalidException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private InvalidException(String message) {
      super(message);
    }
  }

  /** The same column, whose values are UTF-8 or are not taken. */
  static MappedColumn column(MappedColumn column) {
    return new MappedColumn(
        column.source(),
        column.configured(),
        column.name(),
        column.type(),
        column.mask(),
        new Utf8Only(column.function()));
  }

  @Override
  public byte @Nullable [] apply(byte @Nullable [] value) {
    if (value != null) {
      int invalid = firstInvalid(value);
      if (invalid >= 0) {
        // No more of the value: it may be one that is to be masked.
        throw new InvalidException(
            "0x%02x at byte %d of %d".formatted(value[invalid], invalid + 1, value.length));
      }
    }
    return then.apply(value);
  }

  /** Where the first byte stands that begins no character; -1: it is UTF-8. */
  static int firstInvalid(byte[] value) {
    int at = 0;
    while (at < value.length && value[at] >= 0) {
      at++;
    }
    if (at == value.length) {
      return -1;
    }
    ByteBuffer bytes = ByteBuffer.wrap(value, at, value.length - at);
    try {
      StandardCharsets.UTF_8.newDecoder().decode(bytes);
      return -1;
    } catch (CharacterCodingException e) {
      return bytes.position();
    }
  }
}
