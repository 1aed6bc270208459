package io.tidemark.repository;

import java.time.Instant;

/**
 * A pack of a backup.
 *
 * @param number 1 or more; 0 for no pack, as of a frame of zeros
 */
public record PackName(BackupName backup, int number) {
  /** No pack of no backup. */
  static final PackName NONE = new PackName(BackupName.full(Instant.EPOCH), 0);

  public PackName {
    if (number < 0 || number > 99_999_999) {
      throw new IllegalArgumentException("a pack's number is 1 to 99999999, not " + number);
    }
  }
}
