package io.tidemark.analytics;

import io.tidemark.config.TidemarkException;
import io.tidemark.postgres.Lsn;
import io.tidemark.postgres.PostgresException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Whether large transactions are sent as they grow. A server that does so can fail for good on one
 * that has written a table anew and was rolled back: "could not map filenumber". If it sends
 * transactions only when they are committed, it never looks at that one. For any thread.
 */
final class DecodingMode {
  private static final Logger LOG = LoggerFactory.getLogger(DecodingMode.class);
  private static final String INTERNAL_ERROR = "XX000";

  private volatile Lsn wholeUntil = Lsn.ZERO;

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
