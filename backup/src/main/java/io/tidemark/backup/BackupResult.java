package io.tidemark.backup;

import io.tidemark.repository.BackupInfo;
import io.tidemark.repository.BackupTotals;
import java.time.Duration;
import java.util.List;

/**
 * What a completed backup came to.
 *
 * @param reusedBytes raw bytes that an interrupted run had stored already
 * @param took from the lease to the manifest
 * @param damagedPages pages to be looked at by a human: the first thousand
 * @param damagedPageCount of all of them
 * @param leftOut entries of the data directory that are neither files nor directories nor
 *     tablespaces
 */
public record BackupResult(
    BackupInfo info,
    BackupTotals totals,
    long reusedBytes,
    Duration took,
    List<DamagedPage> damagedPages,
    long damagedPageCount,
    List<String> leftOut) {
  public BackupResult {
    damagedPages = List.copyOf(damagedPages);
    leftOut = List.copyOf(leftOut);
  }
}
