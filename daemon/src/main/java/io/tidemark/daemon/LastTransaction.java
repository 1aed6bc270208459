package io.tidemark.daemon;

import io.tidemark.postgres.Lsn;
import io.tidemark.postgres.TimelineHistory;
import io.tidemark.postgres.WalSegment;
import io.tidemark.postgres.WalSegmentSize;
import io.tidemark.repository.SegmentSummary;
import io.tidemark.repository.WalArchive;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/** Finds when the last archived transaction ended, from the summaries of the latest segments. */
final class LastTransaction {
  private static final int SEGMENTS_AT_ONCE = 8;

  /** An idle cluster writes WAL without transactions; a status is not to read all of it. */
  private static final int MOST_SEGMENTS = 256;

  private final WalArchive archive;
  private final WalSegmentSize size;

  LastTransaction(WalArchive archive, WalSegmentSize size) {
    this.archive = archive;
    this.size = size;
  }

  /** The last one before {@code end}; empty where there is none near it. */
  Optional<Instant> before(TimelineHistory history, Lsn from, Lsn end) {
    if (!end.isAfter(from)) {
      return Optional.empty();
    }
    Lsn position = new Lsn(end.value() - 1);
    for (int seen = 0; seen < MOST_SEGMENTS && position.isAtLeast(from); ) {
      WalSegment last = WalSegment.containing(history.timelineAt(position), position, size);
      long first = Math.max(0, last.number() - SEGMENTS_AT_ONCE + 1);
      List<SegmentSummary> summaries =
          archive.summaries(new WalSegment(last.timeline(), first, size), last);
      Optional<Instant> found = latest(summaries);
      if (found.isPresent() || first == 0) {
        return found;
      }
      seen += SEGMENTS_AT_ONCE;
      position = new Lsn(new WalSegment(last.timeline(), first, size).start().value() - 1);
    }
    return Optional.empty();
  }

  private static Optional<Instant> latest(List<SegmentSummary> summaries) {
    return summaries.reversed().stream()
        .map(each -> each.summary().lastEnd())
        .flatMap(Optional::stream)
        .findFirst();
  }
}
