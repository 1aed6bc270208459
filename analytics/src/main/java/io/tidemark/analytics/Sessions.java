package io.tidemark.analytics;

import io.tidemark.postgres.PostgresEndpoint;
import io.tidemark.postgres.PostgresSession;

/**
 * Sessions in which values look alike on every server: what is printed by one is read by another,
 * and is compared as text.
 */
final class Sessions {
  /** All are set in one statement; none of them needs a right. */
  private static final String ALIKE =
      "SET TimeZone = 'UTC'; SET DateStyle = 'ISO, YMD'; SET IntervalStyle = 'postgres';"
          + " SET extra_float_digits = 1; SET bytea_output = 'hex'; SET lc_monetary = 'C';"
          + " SET xmloption = 'content'; SET search_path = pg_catalog; SET client_encoding = 'UTF8';"
          + " SET quote_all_identifiers = off";

  private Sessions() {}

  static PostgresSession source(PostgresEndpoint endpoint) {
    return open(endpoint, "");
  }

  /** Who waits for a lock on a table holds up its readers behind it: not for long. */
  static PostgresSession target(PostgresEndpoint endpoint) {
    // A scan that begins in the middle, where another one is, gives keys out of their order, and
    // building an index would have to sort them.
    return open(
        endpoint,
        "; SET lock_timeout = '10s'; SET standard_conforming_strings = on;"
            + " SET synchronize_seqscans = off");
  }

  private static PostgresSession open(PostgresEndpoint endpoint, String more) {
    PostgresSession session = PostgresSession.open(endpoint);
    try {
      session.execute(ALIKE + more);
      return session;
    } catch (RuntimeException e) {
      session.close();
      throw e;
    }
  }
}
