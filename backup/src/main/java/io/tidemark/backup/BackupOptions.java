package io.tidemark.backup;

import java.time.Duration;
import java.util.OptionalLong;

/**
 * How a backup is taken.
 *
 * @param parallel how many files are read and compressed at once, 1 to 64
 * @param fastCheckpoint whether the checkpoint that a backup begins with is done at once, instead
 *     of spread over the usual time
 * @param verifyPageChecksums whether the pages of relations are verified while they are read
 * @param failOnDamage whether a page that is really damaged fails the backup; otherwise it is
 *     reported, and the backup completes with it
 * @param switchWal whether to end the WAL segment after the backup, so that an archive that gets
 *     whole segments only has what the backup needs
 * @param walTimeout how long to wait for the WAL that the backup needs to be in the archive
 * @param readBytesPerSecond limit of what is read from the data directory; empty for none
 */
public record BackupOptions(
    int parallel,
    boolean fastCheckpoint,
    boolean verifyPageChecksums,
    boolean failOnDamage,
    boolean switchWal,
    Duration walTimeout,
    OptionalLong readBytesPerSecond) {
  /** Two at once, a fast checkpoint, verified, reporting damage, ten minutes for the WAL. */
  public static final BackupOptions DEFAULT =
      new BackupOptions(2, true, true, false, false, Duration.ofMinutes(10), OptionalLong.empty());

  public BackupOptions {
    if (parallel < 1 || parallel > 64) {
      throw new IllegalArgumentException("parallel is 1 to 64, not " + parallel);
    }
  }
}
