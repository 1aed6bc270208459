package io.tidemark.analytics;

import io.tidemark.postgres.Lsn;
import io.tidemark.postgres.ReplicationSlotRow;
import java.util.Optional;

/** Decides what a feed does next. Pure. */
final class FeedPlanner {
  private FeedPlanner() {}

  static FeedDecision decide(FeedObservation seen) {
    if (seen.wish().isEmpty()) {
      return new FeedDecision.Wait("nobody has started it: tidemark analytics plan, then start");
    }
    return switch (seen.wish().get()) {
      case "paused" -> new FeedDecision.Wait("it is paused: tidemark analytics resume");
      case "dropped" -> new FeedDecision.Drop("it was dropped by command");
      default -> running(seen);
    };
  }

  private static FeedDecision running(FeedObservation seen) {
    if (!seen.walLevel().equals("logical")) {
      return new FeedDecision.Refuse(
          "the source has wal_level = " + seen.walLevel() + "; expected logical",
          "ALTER SYSTEM SET wal_level = 'logical', and restart it");
    }
    return seen.feed()
        .map(feed -> begun(seen, feed))
        .orElseGet(() -> new FeedDecision.Begin("it has not begun"));
  }

  private static FeedDecision begun(FeedObservation seen, FeedRow feed) {
    if (!feed.systemId().equals(seen.systemId())) {
      return new FeedDecision.Refuse(
          "the source is another cluster than before: system identifier %s, was %s"
              .formatted(seen.systemId(), feed.systemId()),
          "if that is right, drop the source, and start it anew");
    }
    Optional<String> unusable = unusable(seen.slot(), seen.sourceEnd(), seen.departure(), feed);
    if (unusable.isPresent()) {
      return new FeedDecision.Rebuild(unusable.get());
    }
    return feed.copied()
        ? new FeedDecision.Stream("it follows the source")
        : new FeedDecision.CopyOn("its copy was broken off");
  }

  /** Why changes may be missing between what is in the target and what the slot will send. */
  static Optional<String> unusable(
      Optional<ReplicationSlotRow> found, Lsn sourceEnd, Optional<String> departure, FeedRow feed) {
    if (found.isEmpty()) {
      return Optional.of("its slot " + feed.slot() + " is gone");
    }
    ReplicationSlotRow slot = found.get();
    if (slot.walStatus().filter("lost"::equals).isPresent()
        || slot.invalidationReason().isPresent()) {
      return Optional.of("its slot " + feed.slot() + " has lost its WAL");
    }
    Lsn confirmed = slot.confirmedFlushLsn().orElse(Lsn.ZERO);
    if (confirmed.isAfter(feed.applied())) {
      return Optional.of(
          "its slot is confirmed to %s and the target has only %s: one of them was moved"
              .formatted(confirmed, feed.applied()));
    }
    if (sourceEnd.isBefore(feed.applied())) {
      return Optional.of(
          "the source ends at %s and the target has %s: the source was put back, or a failover has"
                  .formatted(sourceEnd, feed.applied())
              + " lost transactions");
    }
    return departure.map(
        what ->
            "the source was put back, or a failover has lost transactions, and it has written on: "
                + what);
  }
}
