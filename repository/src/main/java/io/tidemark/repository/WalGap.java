package io.tidemark.repository;

import io.tidemark.postgres.Lsn;
import io.tidemark.postgres.Timeline;
import java.time.Instant;

/**
 * WAL that was lost before it could be archived. No recovery may cross it.
 *
 * @param from the first missing byte
 * @param to the first byte after the gap
 * @param recorded when it was put on record, or for a hole that was merely found, when
 * @param reason why, in a sentence
 */
public record WalGap(Timeline timeline, Lsn from, Lsn to, Instant recorded, String reason) {
  /** The reason of a hole that was merely found in the archive: nobody has put it on record. */
  public static final String FOUND = "found: no segment and no tail is there for it";

  public WalGap {
    if (!from.isBefore(to)) {
      throw new IllegalArgumentException("a gap from " + from + " to " + to + " is empty");
    }
  }

  /** Whether it was put on record, and is not merely a hole that may yet be filled. */
  public boolean isOnRecord() {
    return !reason.equals(FOUND);
  }
}
