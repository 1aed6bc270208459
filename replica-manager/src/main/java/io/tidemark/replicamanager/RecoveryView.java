package io.tidemark.replicamanager;

import io.tidemark.postgres.HostPort;
import io.tidemark.postgres.Lsn;
import io.tidemark.postgres.SystemId;
import io.tidemark.postgres.Timeline;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * What a replica's server says of itself. What it does not say is empty, and never 0.
 *
 * @param inRecovery whether it is a standby; false after a promotion
 * @param received by its WAL receiver since the server's start, and flushed
 * @param replayed visible to queries
 * @param lastCommit when the last replayed transaction ended, by the primary's clock; empty after a
 *     start until the first
 * @param receiver empty where none runs
 * @param conflicts queries that were cancelled because replay went first, by cause, since the
 *     statistics' reset; empty where it could not be asked
 * @param transactions that ended there, in all databases, since that reset
 * @param holdsBack whether replay waits now for recovery_min_apply_delay. PostgreSQL starts no
 *     receiver then, also where the last one has ended, before all is applied that it has
 *     (WaitForWALToBecomeAvailable in xlogrecovery.c)
 */
public record RecoveryView(
    SystemId systemId,
    boolean inRecovery,
    Optional<Lsn> received,
    Optional<Lsn> replayed,
    Optional<Instant> lastCommit,
    Pause pause,
    Optional<Receiver> receiver,
    Map<String, Long> conflicts,
    OptionalLong transactions,
    boolean holdsBack) {
  public RecoveryView {
    conflicts = Map.copyOf(conflicts);
  }

  /** Without a count of transactions, and not held back. */
  public RecoveryView(
      SystemId systemId,
      boolean inRecovery,
      Optional<Lsn> received,
      Optional<Lsn> replayed,
      Optional<Instant> lastCommit,
      Pause pause,
      Optional<Receiver> receiver,
      Map<String, Long> conflicts) {
    this(
        systemId,
        inRecovery,
        received,
        replayed,
        lastCommit,
        pause,
        receiver,
        conflicts,
        OptionalLong.empty(),
        false);
  }

  /** pg_get_wal_replay_pause_state(). */
  public enum Pause {
    NOT_PAUSED,
    REQUESTED,
    PAUSED
  }

  /**
   * pg_stat_wal_receiver. All but that there is one is hidden from a role without
   * pg_read_all_stats.
   *
   * @param status {@code streaming}, {@code waiting}, ...
   * @param timeline of what it receives
   * @param flushed how far it has fsynced
   * @param latestEnd the sender's position as it last said
   * @param latestEndAt when it said so
   */
  public record Receiver(
      Optional<String> status,
      Optional<Timeline> timeline,
      Optional<Lsn> flushed,
      Optional<Lsn> latestEnd,
      Optional<Instant> latestEndAt,
      Optional<HostPort> sender) {}

  /** Whether it receives WAL from its upstream now; a receiver whose status is hidden counts. */
  public boolean isStreaming() {
    return receiver
        .filter(r -> r.status().isEmpty() || r.status().get().equals("streaming"))
        .isPresent();
  }
}
