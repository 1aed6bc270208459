package io.tidemark.daemon;

import io.tidemark.postgres.PostgresSession;
import io.tidemark.postgres.ReplicationSlotRow;
import io.tidemark.postgres.RoleAbilities;
import io.tidemark.postgres.ServerVersion;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;

/**
 * What a server says of itself, as far as a check needs it.
 *
 * @param settings as SHOW writes them; those that the role may not see are not there
 * @param walSenders that run now
 * @param clockAhead how far the server's clock is ahead of this machine's
 */
record ServerFacts(
    ServerVersion version,
    Map<String, String> settings,
    RoleAbilities abilities,
    List<ReplicationSlotRow> slots,
    long walSenders,
    Duration clockAhead) {

  private static final List<String> SETTINGS =
      List.of(
          "wal_level",
          "max_wal_senders",
          "max_replication_slots",
          "max_slot_wal_keep_size",
          "full_page_writes",
          "fsync",
          "data_checksums",
          "archive_mode",
          "archive_command",
          "archive_library",
          "synchronous_standby_names",
          "wal_sender_timeout");

  static ServerFacts read(PostgresSession session) {
    Instant before = Instant.now();
    Instant there = session.now();
    Instant middle = before.plus(Duration.between(before, Instant.now()).dividedBy(2));
    return new ServerFacts(
        session.serverVersion(),
        session.settings(SETTINGS),
        session.roleAbilities(),
        session.replicationSlots(),
        session.value("SELECT count(*) FROM pg_stat_replication").map(Long::parseLong).orElse(0L),
        Duration.between(middle, there));
  }

  /** A setting's value; empty text where it is not to be seen. */
  String setting(String name) {
    return settings.getOrDefault(name, "");
  }
}
