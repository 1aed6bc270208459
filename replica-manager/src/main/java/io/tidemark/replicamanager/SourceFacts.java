package io.tidemark.replicamanager;

import io.tidemark.postgres.Lsn;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * What is known of where a standby's WAL comes from.
 *
 * @param written the end of the primary's WAL
 * @param rate bytes per second at which it is written lately
 * @param high bytes per second that busy minutes of the last day stayed below
 * @param sender what the server that it streams from says of it
 */
record SourceFacts(
    Optional<Lsn> written, OptionalDouble rate, OptionalDouble high, Optional<StandbyLag> sender) {

  /**
   * Puts it together.
   *
   * @param server what the primary said last to whom it is asked anyway; empty where it is away
   */
  static SourceFacts of(
      Observation seen, Optional<ReplicationView> server, String applicationName) {
    Optional<PrimaryView.Known> primary = known(seen.primary());
    return new SourceFacts(
        primary.map(PrimaryView.Known::current).or(() -> server.map(ReplicationView::current)),
        either(
            primary.map(PrimaryView.Known::bytesPerSecond),
            server.map(ReplicationView::bytesPerSecond)),
        server.map(ReplicationView::highBytesPerSecond).orElseGet(OptionalDouble::empty),
        known(seen.feed())
            .flatMap(
                feed ->
                    feed.standby(applicationName).map(row -> StandbyLag.of(row, feed.current()))));
  }

  private static Optional<PrimaryView.Known> known(PrimaryView view) {
    return view instanceof PrimaryView.Known known ? Optional.of(known) : Optional.empty();
  }

  private static OptionalDouble either(
      Optional<OptionalDouble> first, Optional<OptionalDouble> second) {
    return first
        .filter(OptionalDouble::isPresent)
        .or(() -> second)
        .orElseGet(OptionalDouble::empty);
  }
}
