package io.tidemark.restore;

import io.tidemark.repository.BackupName;
import java.util.Optional;

/**
 * What somebody asked for.
 *
 * @param exclusive to stop just before the target instead of just after it; of time, LSN and xid
 * @param backup the backup to begin with, or empty for the best
 */
public record RestoreRequest(
    RestoreTarget target, boolean exclusive, TimelineChoice timeline, Optional<BackupName> backup) {
  /** To the end of the archive, along the newest timeline. */
  public static final RestoreRequest LATEST =
      new RestoreRequest(
          new RestoreTarget.EndOfArchive(), false, new TimelineChoice.Latest(), Optional.empty());
}
