package io.tidemark.repository;

/**
 * Where one piece of a file is stored.
 *
 * @param fileOffset where in the file it belongs
 * @param rawLength its length in the file, at most 1 MiB, in bytes
 * @param pack which pack of which backup; of a piece of zeros pack 0, which there is not
 * @param packOffset where in the pack's object it begins
 * @param storedLength its length there; 0 for a piece that is all zeros and stored nowhere
 * @param crc32c of the raw bytes
 * @param xxh64 of the raw bytes, seed 0
 */
public record Frame(
    long fileOffset,
    int rawLength,
    PackName pack,
    long packOffset,
    int storedLength,
    int crc32c,
    long xxh64) {
  /** The longest raw piece: 1 MiB. */
  public static final int MAX_RAW_BYTES = 1 << 20;

  /** Whether the piece is all zeros and so is stored nowhere. */
  public boolean isZeros() {
    return storedLength == 0;
  }
}
