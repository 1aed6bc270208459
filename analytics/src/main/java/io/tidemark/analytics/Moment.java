package io.tidemark.analytics;

import io.tidemark.postgres.Lsn;
import java.time.Instant;

/**
 * When a transaction was committed at the source.
 *
 * @param commit the address of its commit record
 */
record Moment(Lsn commit, Instant time) {
  /** As PostgreSQL reads a timestamptz. */
  String text() {
    return time.toString();
  }
}
