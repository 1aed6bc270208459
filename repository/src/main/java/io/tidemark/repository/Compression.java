package io.tidemark.repository;

/**
 * How content is compressed.
 *
 * @param level zstd's 1 to 19; ignored by the others
 */
public record Compression(Algorithm algorithm, int level) {
  public static final Compression DEFAULT = new Compression(Algorithm.ZSTD, 3);

  /** Names as in an object's header, in lower case. */
  public enum Algorithm {
    ZSTD,
    LZ4,
    NONE
  }

  public Compression {
    if (algorithm == Algorithm.ZSTD && (level < 1 || level > 19)) {
      throw new IllegalArgumentException("a zstd level is 1 to 19, not " + level);
    }
  }
}
