package io.tidemark.replicamanager;

import io.tidemark.postgres.Lsn;
import io.tidemark.postgres.PostgresSession;
import java.time.Instant;
import java.util.Optional;

/**
 * What a standby says of its replay.
 *
 * @param replayed pg_last_wal_replay_lsn()
 * @param lastCommit pg_last_xact_replay_timestamp()
 * @param held whether somebody has paused it or stopped it at a target
 */
public record StandbyFacts(Optional<Lsn> replayed, Optional<Instant> lastCommit, boolean held) {
  private static final String QUERY =
      "SELECT pg_last_wal_replay_lsn() AS replayed, pg_last_xact_replay_timestamp() AS last_commit,"
          + " pg_is_in_recovery() AND pg_get_wal_replay_pause_state() <> 'not paused' AS held";

  /** Asks a standby; of a primary nothing is known. */
  public static StandbyFacts read(PostgresSession standby) {
    return standby
        .first(
            QUERY,
            row ->
                new StandbyFacts(
                    row.optionalLsn("replayed"),
                    row.optionalInstant("last_commit"),
                    row.flag("held")))
        .orElseThrow(() -> new IllegalStateException("a query without FROM gave no row"));
  }
}
