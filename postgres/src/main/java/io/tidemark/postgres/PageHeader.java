package io.tidemark.postgres;

import static io.tidemark.postgres.LittleEndian.unsignedShort;

/**
 * The first 24 bytes of a data page ({@code PageHeaderData} in bufpage.h).
 *
 * @param lsn the end of the last WAL record that changed the page
 * @param checksum as stored, 0 to 65535
 */
public record PageHeader(
    Lsn lsn, int checksum, int flags, int lower, int upper, int special, int sizeAndVersion) {
  /** Bytes of the header. */
  public static final int BYTES = 24;

  /** Reads the header of the page that begins at {@code offset}. */
  public static PageHeader decode(byte[] bytes, int offset) {
    return new PageHeader(
        lsnOf(bytes, offset),
        unsignedShort(bytes, offset + 8),
        unsignedShort(bytes, offset + 10),
        unsignedShort(bytes, offset + 12),
        unsignedShort(bytes, offset + 14),
        unsignedShort(bytes, offset + 16),
        unsignedShort(bytes, offset + 18));
  }

  /** The page's LSN: two 32-bit halves, the high one first. */
  static Lsn lsnOf(byte[] bytes, int offset) {
    return new Lsn(
        (LittleEndian.unsignedInt(bytes, offset) << 32)
            | LittleEndian.unsignedInt(bytes, offset + 4));
  }

  /** Whether the page was never initialised: PostgreSQL's {@code PageIsNew}. */
  public boolean isNew() {
    return upper == 0;
  }

  public int pageBytes() {
    return sizeAndVersion & 0xFF00;
  }
}
