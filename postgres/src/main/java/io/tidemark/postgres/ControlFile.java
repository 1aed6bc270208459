package io.tidemark.postgres;

import static io.tidemark.postgres.LittleEndian.getInt;
import static io.tidemark.postgres.LittleEndian.getLong;
import static io.tidemark.postgres.LittleEndian.lsn;

import io.tidemark.config.ErrorCode;
import io.tidemark.config.TidemarkException;
import java.time.Instant;
import java.util.Optional;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * What {@code global/pg_control} says of a cluster (pg_control.h). Addresses that are not set are
 * {@link Lsn#ZERO}.
 *
 * @param time when the file was last written, to the second
 * @param checkpoint where the latest checkpoint record is
 * @param redo where replay from that checkpoint begins
 * @param checkpointTime when that checkpoint began, to the second
 * @param nextXid the next 64-bit transaction ID, as of the checkpoint
 * @param minRecoveryPoint replay must come to here before the data are consistent
 * @param minRecoveryTimeline the timeline of that point; empty where there is none
 * @param backupStart the redo pointer of the backup being recovered from
 * @param backupEnd where a backup taken from a standby ends
 * @param backupEndRequired whether an end-of-backup record must be replayed
 * @param blockSize bytes of a data page
 * @param blocksPerFile blocks of a relation's segment file: 131072
 * @param dataChecksumVersion 0 where pages have no checksums
 */
public record ControlFile(
    SystemId systemId,
    PostgresMajor major,
    ClusterState state,
    Instant time,
    Lsn checkpoint,
    Lsn redo,
    Timeline timeline,
    Timeline previousTimeline,
    boolean fullPageWrites,
    long nextXid,
    Instant checkpointTime,
    Lsn minRecoveryPoint,
    Optional<Timeline> minRecoveryTimeline,
    Lsn backupStart,
    Lsn backupEnd,
    boolean backupEndRequired,
    WalLevel walLevel,
    boolean walLogHints,
    int maxConnections,
    int maxWorkerProcesses,
    int maxWalSenders,
    int maxPreparedTransactions,
    int maxLocksPerTransaction,
    boolean trackCommitTimestamp,
    int blockSize,
    int blocksPerFile,
    int walBlockSize,
    WalSegmentSize walSegmentSize,
    int dataChecksumVersion) {
  /** The file's length in bytes, of which under 512 are used. */
  public static final int BYTES = 8192;

  /** Where it lies in a data directory. */
  public static final String PATH = "global/pg_control";

  /**
   * Reads the file's bytes: all 8192, or at least the used ones. Throws POSTGRES_DATA_INVALID for
   * an unknown version, a wrong checksum (a torn read of a running server's file is one: read it
   * again), or values that PostgreSQL never writes.
   */
  public static ControlFile decode(byte[] file) {
    PostgresMajor major = majorOf(file);
    verifyChecksum(file, major.controlCrcOffset());
    try {
      return fields(file, major);
    } catch (IllegalArgumentException | IndexOutOfBoundsException e) {
      throw invalid("pg_control has a correct checksum and a value that is none", e);
    }
  }

  public boolean hasDataChecksums() {
    return dataChecksumVersion != 0;
  }

  private static ControlFile fields(byte[] file, PostgresMajor major) {
    int minRecoveryTimeline = getInt(file, 144);
    return new ControlFile(
        new SystemId(getLong(file, 0)),
        major,
        ClusterState.of(getInt(file, 16)),
        Instant.ofEpochSecond(getLong(file, 24)),
        lsn(file, 32),
        lsn(file, 40),
        new Timeline(getInt(file, 48)),
        new Timeline(getInt(file, 52)),
        file[56] != 0,
        getLong(file, 64),
        Instant.ofEpochSecond(getLong(file, 104)),
        lsn(file, 136),
        minRecoveryTimeline == 0
            ? Optional.empty()
            : Optional.of(new Timeline(minRecoveryTimeline)),
        lsn(file, 152),
        lsn(file, 160),
        file[168] != 0,
        WalLevel.of(getInt(file, 172)),
        file[176] != 0,
        getInt(file, 180),
        getInt(file, 184),
        getInt(file, 188),
        getInt(file, 192),
        getInt(file, 196),
        file[200] != 0,
        getInt(file, 216),
        getInt(file, 220),
        getInt(file, 224),
        new WalSegmentSize(getInt(file, 228)),
        getInt(file, 252));
  }

  private static PostgresMajor majorOf(byte[] file) {
    if (file.length < 512) {
      throw invalid("pg_control has " + file.length + " bytes; expected " + BYTES, null);
    }
    int control = getInt(file, 8);
    int catalog = getInt(file, 12);
    return PostgresMajor.ofCatalogVersion(catalog)
        .filter(m -> m.controlVersion() == control)
        .orElseThrow(
            () ->
                invalid(
                    "pg_control is of format %d and catalog version %d; expected one of PostgreSQL %s"
                        .formatted(control, catalog, PostgresMajor.supported()),
                    null));
  }

  private static void verifyChecksum(byte[] file, int length) {
    CRC32C crc = new CRC32C();
    crc.update(file, 0, length);
    int stored = getInt(file, length);
    if ((int) crc.getValue() != stored) {
      throw invalid(
          "pg_control says CRC %08X; its content has %08X".formatted(stored, (int) crc.getValue()),
          null);
    }
  }

  private static TidemarkException invalid(String found, @Nullable Throwable cause) {
    return new TidemarkException(
        ErrorCode.POSTGRES_DATA_INVALID,
        found,
        "read it again; if it stays, the data directory is damaged or of an unsupported version",
        cause);
  }
}
