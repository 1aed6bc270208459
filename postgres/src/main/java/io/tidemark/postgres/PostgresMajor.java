package io.tidemark.postgres;

import io.tidemark.config.ErrorCode;
import io.tidemark.config.TidemarkException;
import java.util.Arrays;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * What differs from one PostgreSQL major to the next in the files that Tidemark reads: one row per
 * supported major. A new major is a new row; the numbers come from its pg_control.h ({@code
 * PG_CONTROL_VERSION}, the layout), catversion.h, xlog_internal.h ({@code XLOG_PAGE_MAGIC}, {@code
 * XLP_*}), xact.h ({@code xl_xact_stats_item}) and backup_manifest.c.
 */
public enum PostgresMajor {
  V15(15, 1300, 202209061, 288, 0xD110, 0x8, 12, 1),
  V16(16, 1300, 202307071, 288, 0xD113, 0x8, 12, 1),
  V17(17, 1700, 202406281, 288, 0xD116, 0x8, 12, 2),
  V18(18, 1800, 202506291, 292, 0xD118, 0x8, 16, 2);

  private final int number;
  private final int controlVersion;
  private final int catalogVersion;
  private final int controlCrcOffset;
  private final int walMagic;
  private final int overwriteFlag;
  private final int droppedStatsItemBytes;
  private final int manifestVersion;

  PostgresMajor(
      int number,
      int controlVersion,
      int catalogVersion,
      int controlCrcOffset,
      int walMagic,
      int overwriteFlag,
      int droppedStatsItemBytes,
      int manifestVersion) {
    this.number = number;
    this.controlVersion = controlVersion;
    this.catalogVersion = catalogVersion;
    this.controlCrcOffset = controlCrcOffset;
    this.walMagic = walMagic;
    this.overwriteFlag = overwriteFlag;
    this.droppedStatsItemBytes = droppedStatsItemBytes;
    this.manifestVersion = manifestVersion;
  }

  /** The row of major {@code number}. Throws POSTGRES_DATA_INVALID where there is none. */
  public static PostgresMajor of(int number) {
    return Arrays.stream(values())
        .filter(m -> m.number == number)
        .findFirst()
        .orElseThrow(
            () ->
                new TidemarkException(
                    ErrorCode.POSTGRES_DATA_INVALID,
                    "PostgreSQL " + number + " was found; supported are " + supported(),
                    "use a Tidemark that supports this version"));
  }

  /** Reads the content of a data directory's {@code PG_VERSION}: {@code 15}. */
  public static PostgresMajor ofVersionFile(String content) {
    try {
      return of(Integer.parseInt(content.strip()));
    } catch (NumberFormatException e) {
      throw new TidemarkException(
          ErrorCode.POSTGRES_DATA_INVALID,
          "PG_VERSION says '" + content.strip() + "'; expected one of " + supported(),
          "is this a data directory of PostgreSQL?",
          e);
    }
  }

  /** Whose WAL pages begin with {@code magic}. */
  public static Optional<PostgresMajor> ofWalMagic(int magic) {
    return Arrays.stream(values()).filter(m -> m.walMagic == magic).findFirst();
  }

  /** Whose catalogs have {@code catalogVersion}, as in pg_control. */
  public static Optional<PostgresMajor> ofCatalogVersion(int catalogVersion) {
    return Arrays.stream(values()).filter(m -> m.catalogVersion == catalogVersion).findFirst();
  }

  /** {@code 15, 16, 17, 18}, for messages. */
  static String supported() {
    return Arrays.stream(values())
        .map(m -> String.valueOf(m.number))
        .collect(Collectors.joining(", "));
  }

  /** 15 for 15.x. */
  public int number() {
    return number;
  }

  /** {@code PG_CONTROL_VERSION}. */
  public int controlVersion() {
    return controlVersion;
  }

  /** {@code CATALOG_VERSION_NO}. */
  public int catalogVersion() {
    return catalogVersion;
  }

  /** The directory of this major in a tablespace: {@code PG_15_202209061}. */
  public String tablespaceDirectory() {
    return "PG_" + number + "_" + catalogVersion;
  }

  /** The {@code PostgreSQL-Backup-Manifest-Version} that this major's tools read and write. */
  public int manifestVersion() {
    return manifestVersion;
  }

  /** {@code XLOG_PAGE_MAGIC}. */
  int walMagic() {
    return walMagic;
  }

  /** {@code XLP_FIRST_IS_OVERWRITE_CONTRECORD}, the highest of a WAL page's flags. */
  int overwriteFlag() {
    return overwriteFlag;
  }

  /** Where pg_control's CRC lies, after all other fields. */
  int controlCrcOffset() {
    return controlCrcOffset;
  }

  /** {@code sizeof(xl_xact_stats_item)}. */
  int droppedStatsItemBytes() {
    return droppedStatsItemBytes;
  }
}
