package io.tidemark.config;

/**
 * How objects are compressed before they are encrypted and put.
 *
 * @param level 1 to 19 for zstd; 0 for the others, which have none
 */
public record CompressionSettings(Algorithm algorithm, int level) {

  /** What compresses. */
  public enum Algorithm {
    ZSTD,
    LZ4,
    NONE
  }

  public CompressionSettings {
    boolean zstd = algorithm == Algorithm.ZSTD;
    new Checks()
        .that(
            zstd ? level >= 1 && level <= 19 : level == 0,
            "level",
            "the number " + level,
            zstd ? "a number from 1 to 19" : "no level: only zstd has one")
        .done();
  }

  /** With the usual level. */
  public static CompressionSettings of(Algorithm algorithm) {
    return new CompressionSettings(algorithm, algorithm == Algorithm.ZSTD ? 3 : 0);
  }

  /** Both forms: {@code compression: lz4} and {@code compression: {algorithm: zstd, level: 9}}. */
  static CompressionSettings read(Section parent, String key) {
    if (parent.isShort(key)) {
      return of(parent.get(key, Kind.choice(Algorithm.class), "zstd"));
    }
    Section section = parent.section(key);
    return section
        .build(
            () -> {
              Algorithm algorithm = section.get("algorithm", Kind.choice(Algorithm.class), "zstd");
              return new CompressionSettings(
                  algorithm,
                  section.get("level", Kind.NUMBER, algorithm == Algorithm.ZSTD ? "3" : "0"));
            })
        .orElse(of(Algorithm.ZSTD));
  }
}
