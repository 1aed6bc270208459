package io.tidemark.repository;

/**
 * What to verify, and how fast.
 *
 * @param backups every completed backup with all its packs
 * @param wal the WAL archive
 * @param pageChecksums also of every page of a relation, where the cluster has them
 * @param threads 1 to 8; each takes about 10 MiB outside the heap and one segment within
 */
public record VerificationOptions(
    boolean backups, boolean wal, boolean pageChecksums, int threads) {
  public VerificationOptions {
    if (threads < 1 || threads > 8) {
      throw new IllegalArgumentException("1 to 8 threads can verify, not " + threads);
    }
  }

  /** Everything. */
  public static VerificationOptions all(int threads) {
    return new VerificationOptions(true, true, true, threads);
  }

  /** The WAL archive only. */
  public static VerificationOptions walOnly(int threads) {
    return new VerificationOptions(false, true, false, threads);
  }
}
