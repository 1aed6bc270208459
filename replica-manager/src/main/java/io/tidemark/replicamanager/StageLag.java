package io.tidemark.replicamanager;

import io.tidemark.postgres.Lsn;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * Bytes of WAL that wait before each stage on their way into a standby. Empty is unknown, never 0
 * for want of a figure: who is not in pg_stat_replication of the primary (it is away, reads the
 * archive, or streams from another standby) has no stages but the whole.
 *
 * @param send written by the primary and not sent
 * @param receive sent and not written by the receiver
 * @param flush received and not durable there
 * @param replay durable there and not replayed
 * @param whole written by the primary and not replayed
 */
public record StageLag(
    OptionalLong send,
    OptionalLong receive,
    OptionalLong flush,
    OptionalLong replay,
    OptionalLong whole) {
  /** Nothing is known. */
  public static final StageLag UNKNOWN =
      new StageLag(
          OptionalLong.empty(),
          OptionalLong.empty(),
          OptionalLong.empty(),
          OptionalLong.empty(),
          OptionalLong.empty());

  /**
   * Tells it.
   *
   * @param written the end of the primary's WAL
   * @param sender what the primary says of this standby
   * @param replayed what the standby itself says
   */
  static StageLag of(Optional<Lsn> written, Optional<StandbyLag> sender, Optional<Lsn> replayed) {
    OptionalLong whole =
        both(written, replayed)
            ? OptionalLong.of(Math.max(0, written.orElseThrow().minus(replayed.orElseThrow())))
            : OptionalLong.empty();
    return sender
        .map(
            row ->
                new StageLag(
                    row.sent(),
                    between(row.sent(), row.write()),
                    between(row.write(), row.flush()),
                    between(row.flush(), row.replay()),
                    whole.isPresent() ? whole : row.replay()))
        .orElseGet(
            () ->
                new StageLag(UNKNOWN.send, UNKNOWN.receive, UNKNOWN.flush, UNKNOWN.replay, whole));
  }

  private static boolean both(Optional<Lsn> one, Optional<Lsn> other) {
    return one.isPresent() && other.isPresent();
  }

  /** Both are distances from the server's end; the later stage is further from it. */
  private static OptionalLong between(OptionalLong stage, OptionalLong next) {
    return stage.isPresent() && next.isPresent()
        ? OptionalLong.of(Math.max(0, next.getAsLong() - stage.getAsLong()))
        : OptionalLong.empty();
  }
}
