package io.tidemark.analytics;

import io.tidemark.config.ErrorCode;
import io.tidemark.config.TidemarkException;
import io.tidemark.postgres.PostgresException;
import java.util.Set;

/**
 * A table that has come in binary form cannot do so any more: its stream goes on as text, from what
 * is in the target.
 */
final class BinaryUnfit extends TidemarkException {
  private static final long serialVersionUID = 1L;

  /** Protocol violation, invalid binary representation: what a receive function does not read. */
  private static final Set<String> STATES = Set.of("08P01", "22P03");

  /** Whether a target's failure may come of the binary form. */
  static boolean isAbout(PostgresException e) {
    return STATES.contains(e.sqlState());
  }

  /**
   * @param found what cannot be in binary form, and why
   */
  BinaryUnfit(String found) {
    super(
        ErrorCode.CHECK_FAILED,
        found + ", which does not go in binary form",
        "nothing is to be done: the feed goes on with values as text");
  }
}
