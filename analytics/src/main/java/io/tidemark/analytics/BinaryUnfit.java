package io.tidemark.analytics;

import io.tidemark.config.ErrorCode;
import io.tidemark.config.TidemarkException;

/**
 * A table that has come in binary form cannot do so any more: its stream goes on as text, from what
 * is in the target.
 */
final class BinaryUnfit extends TidemarkException {
  private static final long serialVersionUID = 1L;

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
