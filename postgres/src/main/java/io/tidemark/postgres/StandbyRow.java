package io.tidemark.postgres;

import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/**
 * A row of pg_stat_replication: who streams from this server. All but pid, user and application
 * name is empty for a role without pg_read_all_stats.
 *
 * @param writeLag the view's lag columns: empty when nothing has been written for a while, so never
 *     a measure of staleness
 */
public record StandbyRow(
    long pid,
    Optional<String> user,
    String applicationName,
    Optional<String> clientAddress,
    Optional<Instant> backendStart,
    Optional<String> state,
    Optional<Lsn> sentLsn,
    Optional<Lsn> writeLsn,
    Optional<Lsn> flushLsn,
    Optional<Lsn> replayLsn,
    Optional<Duration> writeLag,
    Optional<Duration> flushLag,
    Optional<Duration> replayLag,
    Optional<String> syncState,
    Optional<Instant> replyTime) {

  static final String QUERY =
      "SELECT pid, usename, application_name, host(client_addr) AS client_addr, backend_start,"
          + " state, sent_lsn, write_lsn, flush_lsn, replay_lsn,"
          + " (extract(epoch from write_lag) * 1000000)::bigint AS write_lag,"
          + " (extract(epoch from flush_lag) * 1000000)::bigint AS flush_lag,"
          + " (extract(epoch from replay_lag) * 1000000)::bigint AS replay_lag,"
          + " sync_state, reply_time FROM pg_stat_replication ORDER BY application_name, pid";

  static StandbyRow read(Row row) throws SQLException {
    return new StandbyRow(
        row.number("pid"),
        row.optionalText("usename"),
        row.optionalText("application_name").orElse(""),
        row.optionalText("client_addr"),
        row.optionalInstant("backend_start"),
        row.optionalText("state"),
        row.optionalLsn("sent_lsn"),
        row.optionalLsn("write_lsn"),
        row.optionalLsn("flush_lsn"),
        row.optionalLsn("replay_lsn"),
        row.optionalMicros("write_lag"),
        row.optionalMicros("flush_lag"),
        row.optionalMicros("replay_lag"),
        row.optionalText("sync_state"),
        row.optionalInstant("reply_time"));
  }
}
