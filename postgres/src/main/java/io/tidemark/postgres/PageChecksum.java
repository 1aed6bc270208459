package io.tidemark.postgres;

import java.util.Arrays;

/**
 * The checksum of a data page: 32 FNV-1a hashes over interleaved 32-bit words, folded, mixed with
 * the block number, and reduced to 1..65535 (checksum_impl.h in PostgreSQL gives the definition).
 */
public final class PageChecksum {
  private static final int LANES = 32;
  private static final int PRIME = 16777619;
  private static final int[] SEEDS = {
    0x5B1F36E9, 0xB8525960, 0x02AB50AA, 0x1DE66D2A, 0x79FF467A, 0x9BB9F8A3, 0x217E7CD2, 0x83E13D2C,
    0xF8D4474F, 0xE39EB970, 0x42C6AE16, 0x993216FA, 0x7B093B5D, 0x98DAFF3C, 0xF718902A, 0x0B1C9CDB,
    0xE58F764B, 0x187636BC, 0x5D7B3BB1, 0xE73DE7DE, 0x92BEC979, 0xCCA6C0B2, 0x304A0979, 0x85AA43D4,
    0x783125BB, 0x6CA8EAA2, 0xE407EAC6, 0x4B5CFC3E, 0x9FBF8C76, 0x15CA20BE, 0xF2CA9FD3, 0x959BD756
  };

  private PageChecksum() {}

  /**
   * The checksum that the page must carry, 1 to 65535.
   *
   * @param bytes holds the page, whose own checksum field does not count
   * @param offset where the page begins
   * @param pageBytes the cluster's block size, a multiple of 128
   * @param blockNumber counted through all segment files of the relation's fork
   */
  public static int of(byte[] bytes, int offset, int pageBytes, long blockNumber) {
    int[] sums = Arrays.copyOf(SEEDS, LANES);
    firstRow(bytes, offset, sums);
    for (int at = offset + LANES * 4; at < offset + pageBytes; at += LANES * 4) {
      for (int lane = 0; lane < LANES; lane++) {
        int mixed = sums[lane] ^ LittleEndian.getInt(bytes, at + lane * 4);
        sums[lane] = mixed * PRIME ^ (mixed >>> 17);
      }
    }
    long folded = Integer.toUnsignedLong(fold(sums) ^ (int) blockNumber);
    return (int) (folded % 65535) + 1;
  }

  /**
   * The row that holds the checksum field, which counts as zero: the low half of the third word.
   */
  private static void firstRow(byte[] bytes, int offset, int[] sums) {
    for (int lane = 0; lane < LANES; lane++) {
      int word = LittleEndian.getInt(bytes, offset + lane * 4);
      int mixed = sums[lane] ^ (lane == 2 ? word & 0xFFFF_0000 : word);
      sums[lane] = mixed * PRIME ^ (mixed >>> 17);
    }
  }

  private static int fold(int[] sums) {
    int result = 0;
    for (int sum : sums) {
      int once = sum * PRIME ^ (sum >>> 17);
      result ^= once * PRIME ^ (once >>> 17);
    }
    return result;
  }
}
