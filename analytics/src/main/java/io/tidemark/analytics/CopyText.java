package io.tidemark.analytics;

import java.io.ByteArrayOutputStream;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** Reads COPY's text format ("COPY" in PostgreSQL's documentation, "Text Format"). */
final class CopyText {
  private CopyText() {}

  /**
   * Reads one row.
   *
   * @param size of the line, with or without the line feed at its end
   * @param columns how many it has
   */
  static byte[] @Nullable [] row(byte[] line, int size, int columns) {
    int length = size > 0 && line[size - 1] == '\n' ? size - 1 : size;
    byte[] @Nullable [] row = new byte[columns][];
    int at = 0;
    for (int i = 0; i < columns; i++) {
      int end = at;
      boolean plain = true;
      while (end < length && line[end] != '\t') {
        if (line[end] == '\\') {
          plain = false;
          end++;
        }
        end++;
      }
      row[i] = plain ? Arrays.copyOfRange(line, at, end) : unescaped(line, at, end);
      at = end + 1;
    }
    return row;
  }

  private static byte @Nullable [] unescaped(byte[] line, int from, int to) {
    if (to - from == 2 && line[from + 1] == 'N') {
      return null;
    }
    ByteArrayOutputStream value = new ByteArrayOutputStream(to - from);
    for (int i = from; i < to; i++) {
      value.write(line[i] == '\\' ? plain(line[++i]) : line[i]);
    }
    return value.toByteArray();
  }

  private static int plain(byte escaped) {
    return switch (escaped) {
      case 'n' -> '\n';
      case 'r' -> '\r';
      case 't' -> '\t';
      case 'b' -> '\b';
      case 'f' -> '\f';
      case 'v' -> 11;
      default -> escaped;
    };
  }
}
