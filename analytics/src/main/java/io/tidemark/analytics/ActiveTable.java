package io.tidemark.analytics;

import io.tidemark.postgres.Lsn;

/**
 * A table whose changes a stream applies.
 *
 * @param skipUntil of transactions whose commit lies before it, its changes are there already
 * @param overlapUntil before it changes may meet rows that have them already
 */
record ActiveTable(MappedTable mapped, Lsn skipUntil, Lsn overlapUntil) {
  /** Whether its copy lacks what was committed then. */
  boolean wants(Moment at) {
    return at.commit().isAtLeast(skipUntil);
  }

  /** Whether it may have already what was committed then. */
  boolean overlaps(Moment at) {
    return at.commit().isBefore(overlapUntil);
  }

  ActiveTable inForm(ValueForm form) {
    return with(mapped.inForm(form));
  }

  ActiveTable with(MappedTable other) {
    return new ActiveTable(other, skipUntil, overlapUntil);
  }
}
