package io.tidemark.postgres;

import java.util.Locale;

/**
 * A position in the write-ahead log: a 64-bit byte address, unsigned, written {@code 16/B374D848}
 * as PostgreSQL does ({@code pg_lsn}).
 *
 * @param value the address as an unsigned 64-bit number
 */
public record Lsn(long value) implements Comparable<Lsn> {
  /** Before any WAL: PostgreSQL's InvalidXLogRecPtr. */
  public static final Lsn ZERO = new Lsn(0);

  private static final long PAGE = 8192;
  private static final long SHORT_HEADER = 24;

  /** That of the first page of a segment, which has at least 1 MiB. */
  private static final long LONG_HEADER = 40;

  private static final long LONG_HEADER_PAGES = 1 << 20;

  /** Reads {@code 16/B374D848}. Throws IllegalArgumentException for anything else. */
  public static Lsn parse(String text) {
    int slash = text.indexOf('/');
    if (slash < 1 || slash > 8 || text.length() - slash < 2 || text.length() - slash > 9) {
      throw new IllegalArgumentException("not an LSN such as 16/B374D848: '" + text + "'");
    }
    try {
      long high = Long.parseLong(text, 0, slash, 16);
      long low = Long.parseLong(text, slash + 1, text.length(), 16);
      if (high < 0 || low < 0) {
        throw new NumberFormatException("negative");
      }
      return new Lsn(high << 32 | low);
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException("not an LSN such as 16/B374D848: '" + text + "'", e);
    }
  }

  /** The position {@code bytes} further on. */
  public Lsn plus(long bytes) {
    return new Lsn(value + bytes);
  }

  /** Bytes from {@code earlier} to here; negative if {@code earlier} is later. */
  public long minus(Lsn earlier) {
    return value - earlier.value;
  }

  /**
   * As far as it is filled with records: of a position right behind the header of a WAL page, which
   * is where the first record of the page will be, the end of the page before
   * (XLogBytePosToEndRecPtr in xlog.c). Pages are taken to have 8 KiB.
   */
  public Lsn withoutPageHeader() {
    boolean first = value % LONG_HEADER_PAGES == LONG_HEADER;
    boolean other = value % PAGE == SHORT_HEADER;
    return first ? plus(-LONG_HEADER) : other ? plus(-SHORT_HEADER) : this;
  }

  public boolean isBefore(Lsn other) {
    return compareTo(other) < 0;
  }

  public boolean isAfter(Lsn other) {
    return compareTo(other) > 0;
  }

  public boolean isAtLeast(Lsn other) {
    return compareTo(other) >= 0;
  }

  public static Lsn max(Lsn a, Lsn b) {
    return a.isAfter(b) ? a : b;
  }

  public static Lsn min(Lsn a, Lsn b) {
    return a.isBefore(b) ? a : b;
  }

  @Override
  public int compareTo(Lsn other) {
    return Long.compareUnsigned(value, other.value);
  }

  @Override
  public String toString() {
    return String.format(Locale.ROOT, "%X/%X", value >>> 32, value & 0xFFFF_FFFFL);
  }
}
