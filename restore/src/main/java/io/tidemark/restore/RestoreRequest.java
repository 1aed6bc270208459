package io.tidemark.restore;

import io.tidemark.config.ErrorCode;
import io.tidemark.config.TidemarkException;
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

  /** Throws USAGE where the parts contradict each other. */
  void requireSense() {
    boolean canBeExclusive =
        switch (target) {
          case RestoreTarget.AtTime _, RestoreTarget.AtLsn _, RestoreTarget.AtXid _ -> true;
          case RestoreTarget.EndOfArchive _, RestoreTarget.Immediate _, RestoreTarget.AtName _ ->
              false;
        };
    if (exclusive && !canBeExclusive) {
      throw new TidemarkException(
          ErrorCode.USAGE,
          "--exclusive does not go with "
              + target.describe()
              + ": PostgreSQL can stop just before a time, an LSN or a transaction only",
          "leave out --exclusive, or name the target by --time, --lsn or --xid");
    }
  }
}
