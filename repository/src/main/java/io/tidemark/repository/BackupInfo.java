package io.tidemark.repository;

import io.tidemark.postgres.Lsn;
import io.tidemark.postgres.SystemId;
import io.tidemark.postgres.Timeline;
import io.tidemark.postgres.WalSegmentSize;
import java.time.Instant;
import java.util.Optional;

/**
 * What is known of a completed backup without reading its files' list.
 *
 * @param startLsn where recovery must begin to replay (backup_label's START WAL LOCATION)
 * @param stopLsn up to where it must replay to be consistent
 * @param stopTime the moment before which no time target can lie
 * @param owner name of the user that owned the data directory, where known
 */
public record BackupInfo(
    BackupName name,
    SystemId systemId,
    int postgresMajor,
    int catalogVersion,
    int blockSize,
    WalSegmentSize walSegmentSize,
    Timeline timeline,
    Lsn startLsn,
    Lsn checkpointLsn,
    Lsn stopLsn,
    Instant startTime,
    Instant stopTime,
    boolean fromStandby,
    boolean dataChecksums,
    Optional<BackupName> parent,
    Optional<String> owner) {

  /** Of a backup that does not say who owned the data directory. */
  public BackupInfo(
      BackupName name,
      SystemId systemId,
      int postgresMajor,
      int catalogVersion,
      int blockSize,
      WalSegmentSize walSegmentSize,
      Timeline timeline,
      Lsn startLsn,
      Lsn checkpointLsn,
      Lsn stopLsn,
      Instant startTime,
      Instant stopTime,
      boolean fromStandby,
      boolean dataChecksums,
      Optional<BackupName> parent) {
    this(
        name,
        systemId,
        postgresMajor,
        catalogVersion,
        blockSize,
        walSegmentSize,
        timeline,
        startLsn,
        checkpointLsn,
        stopLsn,
        startTime,
        stopTime,
        fromStandby,
        dataChecksums,
        parent,
        Optional.empty());
  }
}
