package io.tidemark.postgres;

import java.util.Locale;

/**
 * A timeline ID: 1 for a new cluster, and one more at each promotion.
 *
 * @param id 1 or more
 */
public record Timeline(int id) implements Comparable<Timeline> {
  public Timeline {
    if (id < 1) {
      throw new IllegalArgumentException("a timeline ID is 1 or more, not " + id);
    }
  }

  /** Reads the eight hexadecimal digits that begin a segment's or history file's name. */
  public static Timeline parseHex(String text) {
    if (text.length() != 8) {
      throw new IllegalArgumentException("not the 8 hex digits of a timeline ID: '" + text + "'");
    }
    return new Timeline(Integer.parseUnsignedInt(text, 16));
  }

  /** {@code 0000000A}. */
  public String hex() {
    return String.format(Locale.ROOT, "%08X", id);
  }

  /** {@code 0000000A.history}. */
  public String historyFileName() {
    return hex() + ".history";
  }

  @Override
  public int compareTo(Timeline other) {
    return Integer.compare(id, other.id);
  }

  @Override
  public String toString() {
    return Integer.toString(id);
  }
}
