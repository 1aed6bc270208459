package io.tidemark.postgres;

import java.util.Arrays;

/**
 * Judges data pages as they are read for a backup (as {@code verify_page_checksum} in basebackup.c,
 * and {@code PageIsVerified} in bufpage.c for pages without content).
 *
 * @param backupStart pages changed at or after this position are repaired by replay
 * @param pageBytes the cluster's block size
 */
public record PageVerifier(Lsn backupStart, int pageBytes) {
  private static final PageVerdict VALID = new PageVerdict.Valid();
  private static final PageVerdict NEW = new PageVerdict.New();

  public PageVerifier {
    if (pageBytes < 1024 || pageBytes > 32768 || Integer.bitCount(pageBytes) != 1) {
      throw new IllegalArgumentException("not a block size: " + pageBytes);
    }
  }

  /**
   * Judges the page that begins at {@code offset}.
   *
   * @param blockNumber counted through all segment files: {@link RelationFile#firstBlock} plus the
   *     index in the file
   */
  public PageVerdict verify(byte[] bytes, int offset, long blockNumber) {
    PageHeader header = PageHeader.decode(bytes, offset);
    int expected =
        header.isNew() ? header.checksum() : PageChecksum.of(bytes, offset, pageBytes, blockNumber);
    if (header.isNew() ? isZero(bytes, offset) : header.checksum() == expected) {
      return header.isNew() ? NEW : VALID;
    }
    return header.lsn().isAtLeast(backupStart)
        ? new PageVerdict.Later(header.lsn())
        : new PageVerdict.Bad(header.lsn(), header.checksum(), expected);
  }

  private boolean isZero(byte[] bytes, int offset) {
    int half = pageBytes / 2;
    return isZero(bytes, offset, 64)
        && Arrays.equals(bytes, offset, offset + half, bytes, offset + half, offset + pageBytes)
        && isZero(bytes, offset, half);
  }

  private static boolean isZero(byte[] bytes, int offset, int length) {
    long or = 0;
    for (int i = 0; i < length; i += 8) {
      or |= LittleEndian.getLong(bytes, offset + i);
    }
    return or == 0;
  }
}
