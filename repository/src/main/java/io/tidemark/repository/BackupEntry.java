package io.tidemark.repository;

import io.tidemark.postgres.Lsn;
import io.tidemark.postgres.Timeline;
import java.time.Instant;

/** One backup of the catalogue. */
public sealed interface BackupEntry {
  BackupName name();

  /** It has its manifest. */
  record Completed(BackupInfo info, BackupTotals totals) implements BackupEntry {
    @Override
    public BackupName name() {
      return info.name();
    }
  }

  /** It began and has no manifest: under way, or interrupted, or half removed. */
  record Unfinished(BackupName name, Instant began, String writer, Timeline timeline, Lsn startLsn)
      implements BackupEntry {}

  /**
   * It has a manifest whose start cannot be read: not restorable, and never removed by itself.
   *
   * @param what is wrong with it
   */
  record Damaged(BackupName name, String what) implements BackupEntry {}
}
