package io.tidemark.postgres;

/**
 * {@code wal_segment_size} of a cluster, chosen at initdb: a power of two from 1 MiB to 1 GiB.
 *
 * @param bytes the size in bytes
 */
public record WalSegmentSize(int bytes) {
  /** What initdb chooses unless told otherwise: 16 MiB. */
  public static final WalSegmentSize DEFAULT = new WalSegmentSize(16 << 20);

  public WalSegmentSize {
    if (bytes < 1 << 20 || bytes > 1 << 30 || Integer.bitCount(bytes) != 1) {
      throw new IllegalArgumentException(
          "a WAL segment is a power of two from 1 MiB to 1 GiB, not " + bytes + " bytes");
    }
  }

  /** Segments with the same middle eight digits in their names: 256 of 16 MiB. */
  public long segmentsPerLog() {
    return 0x1_0000_0000L / bytes;
  }

  /** Bytes from the start of the segment that holds {@code lsn} to {@code lsn}. */
  public int offsetOf(Lsn lsn) {
    return (int) (lsn.value() & (bytes - 1));
  }
}
