package io.tidemark.postgres;

import java.sql.SQLException;
import java.time.Instant;
import java.util.Optional;

/**
 * A row of pg_replication_slots. What a major does not have is empty or false.
 *
 * @param type {@code physical} or {@code logical}
 * @param walStatus reserved, extended, unreserved or lost; empty while it reserves no WAL
 * @param safeWalSize bytes that may still be written before it is in danger; empty both where
 *     max_slot_wal_keep_size sets no limit and where the slot is lost already
 * @param inactiveSince from 17 on
 * @param invalidationReason from 17 on
 * @param failover from 17 on, logical slots
 * @param synced from 17 on: copied from a primary
 */
public record ReplicationSlotRow(
    SlotName name,
    String type,
    Optional<String> plugin,
    Optional<String> database,
    boolean temporary,
    boolean active,
    Optional<Long> activePid,
    Optional<Lsn> restartLsn,
    Optional<Lsn> confirmedFlushLsn,
    Optional<String> walStatus,
    Optional<Long> safeWalSize,
    boolean twoPhase,
    Optional<Instant> inactiveSince,
    Optional<String> invalidationReason,
    boolean failover,
    boolean synced) {

  private static final String COMMON =
      "SELECT slot_name, slot_type, plugin, database, temporary, active, active_pid, restart_lsn,"
          + " confirmed_flush_lsn, wal_status, safe_wal_size, two_phase, ";

  static String query(ServerVersion version) {
    String added =
        version.major() >= 17
            ? "inactive_since, invalidation_reason, failover, synced"
            : "NULL::timestamptz AS inactive_since, NULL AS invalidation_reason,"
                + " false AS failover, false AS synced";
    return COMMON + added + " FROM pg_replication_slots ORDER BY slot_name";
  }

  static ReplicationSlotRow read(Row row) throws SQLException {
    return new ReplicationSlotRow(
        new SlotName(row.text("slot_name")),
        row.text("slot_type"),
        row.optionalText("plugin"),
        row.optionalText("database"),
        row.flag("temporary"),
        row.flag("active"),
        row.optionalNumber("active_pid"),
        row.optionalLsn("restart_lsn"),
        row.optionalLsn("confirmed_flush_lsn"),
        row.optionalText("wal_status"),
        row.optionalNumber("safe_wal_size"),
        row.flag("two_phase"),
        row.optionalInstant("inactive_since"),
        row.optionalText("invalidation_reason"),
        row.flag("failover"),
        row.flag("synced"));
  }
}
