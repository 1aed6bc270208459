package io.tidemark.analytics;

import java.util.List;
import java.util.Optional;

/**
 * A table of the source has another shape from here on, and this is done about it, in the target
 * transaction of the changes around it.
 *
 * @param before as it was
 * @param after as it is; empty: its changes are left out, and the table is held or, with {@code
 *     resync}, brought in again
 * @param statements to be run in the target
 * @param what for people, one line
 * @param resync whether its rows need values that only a copy can give
 */
record ShapeChange(
    MappedTable before,
    Optional<MappedTable> after,
    List<String> statements,
    String what,
    boolean resync) {
  ShapeChange {
    statements = List.copyOf(statements);
  }

  static ShapeChange hold(MappedTable table, String why) {
    return new ShapeChange(table, Optional.empty(), List.of(), why, false);
  }

  /** What the stream says of it does not suffice: it is brought in again. */
  static ShapeChange again(MappedTable table, String why) {
    return new ShapeChange(table, Optional.empty(), List.of(), why, true);
  }

  /** Whether everything stays as it is. */
  boolean isNothing() {
    return statements.isEmpty()
        && !resync
        && after
            .filter(it -> it.columns().equals(before.columns()) && it.key().equals(before.key()))
            .isPresent();
  }
}
