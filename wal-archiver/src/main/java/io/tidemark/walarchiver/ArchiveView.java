package io.tidemark.walarchiver;

import io.tidemark.postgres.Lsn;
import io.tidemark.postgres.Timeline;
import io.tidemark.repository.WalGap;
import io.tidemark.repository.WalInventory;
import io.tidemark.repository.WalInventory.Stretch;
import io.tidemark.repository.WalInventory.TimelineInventory;
import java.util.List;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Where the archive of each timeline ends, and where it must go on.
 *
 * @param ends of those timelines that have any WAL in the archive
 */
record ArchiveView(NavigableMap<Timeline, End> ends) {
  static final ArchiveView EMPTY = new ArchiveView(new TreeMap<>());

  /**
   * The end of one timeline's archive.
   *
   * @param gapless up to here nothing is missing but gaps on record. After a crash later segments
   *     may be there already, as puts return in any order
   * @param holeEnd where the first hole after {@code gapless} ends; the same if there is none
   * @param furthest the address after the last archived byte
   */
  record End(Lsn gapless, Lsn holeEnd, Lsn furthest) {}

  static ArchiveView of(WalInventory inventory) {
    NavigableMap<Timeline, End> ends = new TreeMap<>();
    for (TimelineInventory timeline : inventory.timelines()) {
      end(timeline.stretches(), timeline.gaps().stream().filter(WalGap::isOnRecord).toList())
          .ifPresent(end -> ends.put(timeline.timeline(), end));
    }
    return new ArchiveView(ends);
  }

  Optional<End> end(Timeline timeline) {
    return Optional.ofNullable(ends.get(timeline));
  }

  /** The same after these were put on record. */
  ArchiveView withGaps(List<WalGap> gaps) {
    NavigableMap<Timeline, End> changed = new TreeMap<>(ends);
    gaps.forEach(gap -> changed.putIfAbsent(gap.timeline(), new End(gap.to(), gap.to(), Lsn.ZERO)));
    return new ArchiveView(changed);
  }

  /** The same after {@code timeline} was archived up to {@code durable} without a gap. */
  ArchiveView with(Timeline timeline, Lsn durable) {
    NavigableMap<Timeline, End> changed = new TreeMap<>(ends);
    changed.merge(timeline, new End(durable, durable, durable), ArchiveView::later);
    return new ArchiveView(changed);
  }

  private static End later(End before, End now) {
    Lsn furthest = Lsn.max(before.furthest(), now.furthest());
    return before.holeEnd().isAfter(now.gapless())
        ? new End(Lsn.max(before.gapless(), now.gapless()), before.holeEnd(), furthest)
        : new End(Lsn.max(before.gapless(), now.gapless()), now.gapless(), furthest);
  }

  /** Goes from stretch to stretch over the gaps on record. */
  private static Optional<End> end(List<Stretch> stretches, List<WalGap> gaps) {
    if (stretches.isEmpty()) {
      return gaps.isEmpty()
          ? Optional.empty()
          : Optional.of(new End(gaps.getLast().to(), gaps.getLast().to(), Lsn.ZERO));
    }
    Lsn furthest = stretches.getLast().to();
    Lsn gapless = stretches.getFirst().from();
    for (Stretch stretch : stretches) {
      gapless = overGaps(gaps, gapless);
      if (stretch.from().isAfter(gapless)) {
        return Optional.of(new End(gapless, stretch.from(), furthest));
      }
      gapless = Lsn.max(gapless, stretch.to());
    }
    gapless = overGaps(gaps, gapless);
    return Optional.of(new End(gapless, gapless, furthest));
  }

  private static Lsn overGaps(List<WalGap> gaps, Lsn lsn) {
    return gaps.stream()
        .filter(gap -> lsn.isAtLeast(gap.from()) && lsn.isBefore(gap.to()))
        .map(WalGap::to)
        .reduce(lsn, Lsn::max);
  }
}
