package io.tidemark.daemon;

import io.tidemark.daemon.WalListCommand.PointRow;
import io.tidemark.daemon.WalListCommand.StretchRow;
import io.tidemark.postgres.Lsn;
import io.tidemark.postgres.Timeline;
import io.tidemark.postgres.WalSegment;
import io.tidemark.postgres.WalSegmentSize;
import io.tidemark.repository.SegmentSummary;
import io.tidemark.repository.WalArchive;
import io.tidemark.repository.WalInventory.Stretch;
import io.tidemark.repository.WalSummary;
import java.util.List;
import java.util.Optional;

/** Stretches of archived WAL with what ended in them, as far as they lie between two positions. */
final class WalRows {
  private final WalArchive archive;
  private final WalSegmentSize size;
  private final Lsn lowest;
  private final Lsn highest;

  WalRows(WalArchive archive, WalSegmentSize size, Lsn lowest, Lsn highest) {
    this.archive = archive;
    this.size = size;
    this.lowest = lowest;
    this.highest = highest;
  }

  /** One row for the stretch, or one for each of its segments; none where it lies outside. */
  List<StretchRow> of(Timeline timeline, Stretch stretch, boolean bySegment) {
    Lsn from = Lsn.max(stretch.from(), lowest);
    Lsn to = Lsn.min(stretch.to(), highest);
    if (!to.isAfter(from)) {
      return List.of();
    }
    List<SegmentSummary> summaries =
        archive.summaries(
            WalSegment.containing(timeline, from, size),
            WalSegment.containing(timeline, new Lsn(to.value() - 1), size));
    return bySegment
        ? summaries.stream().map(each -> row(each, from, to)).toList()
        : List.of(row(from, to, Optional.empty(), summaries));
  }

  private static StretchRow row(SegmentSummary each, Lsn from, Lsn to) {
    return row(
        Lsn.max(from, each.segment().start()),
        Lsn.min(to, each.end()),
        Optional.of(each.segment().name()),
        List.of(each));
  }

  private static StretchRow row(
      Lsn from, Lsn to, Optional<String> segment, List<SegmentSummary> summaries) {
    WalSummary all =
        summaries.stream().map(SegmentSummary::summary).reduce(WalSummary.EMPTY, WalSummary::plus);
    return new StretchRow(
        from,
        to,
        segment,
        summaries.size(),
        all.commits(),
        all.firstEnd(),
        all.lastEnd(),
        all.restorePoints().stream()
            .map(point -> new PointRow(point.name(), point.lsn(), point.at()))
            .toList());
  }
}
