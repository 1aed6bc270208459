package io.tidemark.replicamanager;

import io.tidemark.postgres.HostPort;
import io.tidemark.postgres.PostgresSession;
import io.tidemark.postgres.Row;
import io.tidemark.postgres.SystemId;
import io.tidemark.postgres.Timeline;
import io.tidemark.replicamanager.RecoveryView.Pause;
import io.tidemark.replicamanager.RecoveryView.Receiver;
import java.sql.SQLException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/** The questions that a replica's own server is asked. */
final class RecoveryObserver {
  private static final String RECOVERY =
      "SELECT r AS in_recovery, pg_last_wal_receive_lsn() AS received,"
          + " pg_last_wal_replay_lsn() AS replayed, pg_last_xact_replay_timestamp() AS last_commit,"
          + " CASE WHEN r THEN pg_get_wal_replay_pause_state() END AS pause,"
          + " (SELECT sum(xact_commit + xact_rollback)::bigint FROM pg_stat_database) AS transactions,"
          + " EXISTS (SELECT FROM pg_stat_activity WHERE backend_type = 'startup'"
          + " AND wait_event = 'RecoveryApplyDelay') AS holds_back"
          + " FROM pg_is_in_recovery() AS r";
  private static final String RECEIVER =
      "SELECT status, received_tli, flushed_lsn, latest_end_lsn, latest_end_time, sender_host,"
          + " sender_port FROM pg_stat_wal_receiver WHERE pid IS NOT NULL";
  private static final List<String> CAUSES =
      List.of("tablespace", "lock", "snapshot", "bufferpin", "deadlock");
  private static final String LOGICAL_SLOT = "active_logicalslot";
  private static final int LOGICAL_SLOT_SINCE = 16;

  private RecoveryObserver() {}

  /**
   * @param systemId of the server that the session is on
   */
  static RecoveryView ask(PostgresSession session, SystemId systemId) {
    Optional<Receiver> receiver = session.first(RECEIVER, RecoveryObserver::receiver);
    Map<String, Long> conflicts = conflicts(session);
    return session
        .first(
            RECOVERY,
            row ->
                new RecoveryView(
                    systemId,
                    row.flag("in_recovery"),
                    row.optionalLsn("received"),
                    row.optionalLsn("replayed"),
                    row.optionalInstant("last_commit"),
                    pause(row.optionalText("pause").orElse("not paused")),
                    receiver,
                    conflicts,
                    row.optionalNumber("transactions")
                        .map(OptionalLong::of)
                        .orElseGet(OptionalLong::empty),
                    row.flag("holds_back")))
        .orElseThrow(() -> new IllegalStateException("a query of one row gave none"));
  }

  private static Pause pause(String state) {
    return switch (state) {
      case "paused" -> Pause.PAUSED;
      case "pause requested" -> Pause.REQUESTED;
      default -> Pause.NOT_PAUSED;
    };
  }

  private static Receiver receiver(Row row) throws SQLException {
    // A Unix socket's directory is no host; the port counts for both.
    Optional<String> host =
        row.optionalText("sender_host").filter(h -> !h.isBlank() && h.indexOf('/') < 0);
    Optional<Long> port = row.optionalNumber("sender_port").filter(p -> p > 0);
    return new Receiver(
        row.optionalText("status"),
        row.optionalNumber("received_tli").filter(t -> t > 0).map(t -> new Timeline(t.intValue())),
        row.optionalLsn("flushed_lsn"),
        row.optionalLsn("latest_end_lsn"),
        row.optionalInstant("latest_end_time"),
        host.flatMap(h -> port.map(p -> new HostPort(h, p.intValue()))));
  }

  private static Map<String, Long> conflicts(PostgresSession session) {
    boolean logical = session.serverVersion().major() >= LOGICAL_SLOT_SINCE;
    String sums =
        String.join(
            ", ", CAUSES.stream().map(c -> "sum(confl_%s)::bigint AS %s".formatted(c, c)).toList());
    String more = logical ? ", sum(confl_active_logicalslot)::bigint AS " + LOGICAL_SLOT : "";
    return session
        .first(
            "SELECT " + sums + more + " FROM pg_stat_database_conflicts",
            row -> {
              Map<String, Long> found = new LinkedHashMap<>();
              for (String cause : CAUSES) {
                row.optionalNumber(cause).ifPresent(count -> found.put(cause, count));
              }
              if (logical) {
                row.optionalNumber(LOGICAL_SLOT).ifPresent(n -> found.put(LOGICAL_SLOT, n));
              }
              return found;
            })
        .orElseGet(Map::of);
  }
}
