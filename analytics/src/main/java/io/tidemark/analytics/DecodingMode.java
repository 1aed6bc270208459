package io.tidemark.analytics;

import io.tidemark.config.TidemarkException;
import io.tidemark.postgres.Lsn;
import io.tidemark.postgres.PostgresException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How a source is asked for changes.
 *
 * <p>Whether large transactions are sent as they grow: a server that does so can fail for good on
 * one that has written a table anew and was rolled back: "could not map filenumber". If it sends
 * transactions only when they are committed, it never looks at that one.
 *
 * <p>Whether values are sent in binary form where all tables allow it: once one could not go on so,
 * values are text until the process ends. For any thread.
 */
final class DecodingMode {
  private static final Logger LOG = LoggerFactory.getLogger(DecodingMode.class);
  private static final String INTERNAL_ERROR = "XX000";

  private volatile Lsn wholeUntil = Lsn.ZERO;
  private volatile ValueForm best;

  DecodingMode() {
    this(ValueForm.BINARY);
  }

  /**
   * @param best the form of values where all tables allow it
   */
  DecodingMode(ValueForm best) {
    this.best = best;
  }

  /** The form of values where all tables allow it. */
  ValueForm best() {
    return best;
  }

  /** A table that came in binary form cannot go on so. */
  void unfit() {
    best = ValueForm.TEXT;
  }

  /** Whether it streams from a position on. */
  boolean isStreaming(Lsn from) {
    return from.isAtLeast(wholeUntil);
  }

  /**
   * Takes notice of a failure.
   *
   * @param sourceEnd what has made it fail was written before
   */
  void failed(TidemarkException e, Lsn sourceEnd) {
    if (e instanceof PostgresException known
        && known.sqlState().equals(INTERNAL_ERROR)
        && sourceEnd.isAfter(wholeUntil)) {
      LOG.info(
          "the server could not decode, and is asked for whole transactions up to {}: {}",
          sourceEnd,
          e.getMessage());
      wholeUntil = sourceEnd;
    }
  }
}
