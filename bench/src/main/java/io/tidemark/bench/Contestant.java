package io.tidemark.bench;

import java.util.OptionalLong;

/** One program at one task. */
interface Contestant {
  /** As it stands in the table. */
  String name();

  /** Prepares, runs once, measured, and clears away what the next in turn must not meet. */
  Measured run();

  /** Bytes that the last run stored, where that is of interest. */
  default OptionalLong storedBytes() {
    return OptionalLong.empty();
  }
}
