package io.tidemark.restore;

import io.tidemark.postgres.Lsn;
import io.tidemark.postgres.TimelineHistory;
import io.tidemark.repository.BackupInfo;
import io.tidemark.repository.BackupTotals;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What a restore will do, decided before anything is touched.
 *
 * @param recoveryTarget the recovery_target* settings that make PostgreSQL stop there; empty to
 *     replay to the end of the archive
 * @param history along which to replay
 * @param mustReach the end of the last replayed record must lie here or later, or the restore has
 *     failed
 * @param frontier the end of what can be reached without a gap
 * @param lastRecord where the last whole record before the frontier begins, where known
 * @param targetTime when the transaction at the target ended, where known
 * @param tablespacesMade by replay, where they were on the server that was backed up
 * @param notes what the operator should know, a sentence each
 */
public record RestorePlan(
    RestoreRequest request,
    BackupInfo backup,
    BackupTotals totals,
    TimelineHistory history,
    Map<String, String> recoveryTarget,
    Lsn mustReach,
    Lsn frontier,
    Optional<Lsn> lastRecord,
    Optional<Instant> targetTime,
    List<TargetFinder.MadeTablespace> tablespacesMade,
    List<String> notes) {
  public RestorePlan {
    tablespacesMade = List.copyOf(tablespacesMade);
    recoveryTarget = Map.copyOf(recoveryTarget);
    notes = List.copyOf(notes);
  }

  /** Bytes of WAL to be replayed at least. */
  public long walBytes() {
    return mustReach.minus(backup.startLsn());
  }
}
