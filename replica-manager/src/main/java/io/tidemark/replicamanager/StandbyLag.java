package io.tidemark.replicamanager;

import io.tidemark.postgres.Lsn;
import io.tidemark.postgres.StandbyRow;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * How far one that streams from the server is behind it, in bytes of WAL at each stage. Empty is
 * unknown: a role without pg_read_all_stats sees nothing, and a receiver that never says what it
 * flushed has no such position. It is never 0 for want of a figure.
 *
 * @param sent not sent yet
 * @param write sent and not written by the receiver
 * @param flush not durable at the receiver
 * @param replay not visible to queries there
 */
public record StandbyLag(
    String applicationName,
    Optional<String> clientAddress,
    Optional<String> state,
    Optional<String> syncState,
    OptionalLong sent,
    OptionalLong write,
    OptionalLong flush,
    OptionalLong replay) {

  /** Each stage is measured from {@code current}, the end of the server's WAL. */
  static StandbyLag of(StandbyRow row, Lsn current) {
    return new StandbyLag(
        row.applicationName(),
        row.clientAddress(),
        row.state(),
        row.syncState(),
        behind(row.sentLsn(), current),
        behind(row.writeLsn(), current),
        behind(row.flushLsn(), current),
        behind(row.replayLsn(), current));
  }

  /** A position may be later than {@code current}, which was asked for a moment before. */
  private static OptionalLong behind(Optional<Lsn> position, Lsn current) {
    return position
        .filter(lsn -> !lsn.equals(Lsn.ZERO))
        .map(lsn -> OptionalLong.of(Math.max(0, current.minus(lsn))))
        .orElseGet(OptionalLong::empty);
  }
}
