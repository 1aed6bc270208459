package io.tidemark.replicamanager;

import io.tidemark.postgres.PostgresSession;
import io.tidemark.postgres.Row;
import java.sql.SQLException;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Queries that a standby has cancelled because replay could not wait for them, and how many
 * transactions it has run, both since its statistics began
 * (postgresql.org/docs/current/monitoring-stats.html, pg_stat_database_conflicts).
 *
 * @param cancelled by cause: lock, snapshot, bufferpin, deadlock, tablespace, logicalslot
 * @param transactions committed and rolled back, in all databases
 */
public record RecoveryConflicts(Map<String, Long> cancelled, long transactions) {
  private static final int WITH_LOGICAL_SLOTS = 16;
  private static final List<String> CAUSES =
      List.of("lock", "snapshot", "bufferpin", "deadlock", "tablespace", "logicalslot");

  public RecoveryConflicts {
    cancelled = Collections.unmodifiableMap(new LinkedHashMap<>(cancelled));
  }

  /** Asks a standby. */
  public static RecoveryConflicts read(PostgresSession standby) {
    return standby
        .first(query(standby.serverVersion().major()), RecoveryConflicts::of)
        .orElseThrow(() -> new IllegalStateException("aggregates without a row"));
  }

  /** In all. */
  public long total() {
    return cancelled.values().stream().mapToLong(Long::longValue).sum();
  }

  private static String query(int major) {
    String logical = major >= WITH_LOGICAL_SLOTS ? "sum(confl_active_logicalslot)" : "0";
    return """
        SELECT sum(confl_lock)::bigint AS lock, sum(confl_snapshot)::bigint AS snapshot,
          sum(confl_bufferpin)::bigint AS bufferpin, sum(confl_deadlock)::bigint AS deadlock,
          sum(confl_tablespace)::bigint AS tablespace, (%s)::bigint AS logicalslot,
          (SELECT sum(xact_commit + xact_rollback)::bigint FROM pg_stat_database) AS transactions
        FROM pg_stat_database_conflicts
        """
        .formatted(logical);
  }

  private static RecoveryConflicts of(Row row) throws SQLException {
    Map<String, Long> found = new LinkedHashMap<>();
    for (String cause : CAUSES) {
      found.put(cause, row.optionalNumber(cause).orElse(0L));
    }
    return new RecoveryConflicts(found, row.optionalNumber("transactions").orElse(0L));
  }
}
