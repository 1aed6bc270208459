package io.tidemark.walarchiver;

import io.tidemark.postgres.Lsn;
import io.tidemark.postgres.Timeline;
import io.tidemark.repository.WalInventory;
import io.tidemark.repository.WalInventory.TimelineInventory;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Where the archive of each timeline ends.
 *
 * @param frontiers the address after the last archived byte, of those timelines that have any
 */
record ArchiveView(NavigableMap<Timeline, Lsn> frontiers) {
  static ArchiveView of(WalInventory inventory) {
    NavigableMap<Timeline, Lsn> frontiers = new TreeMap<>();
    for (TimelineInventory timeline : inventory.timelines()) {
      timeline.frontier().ifPresent(lsn -> frontiers.put(timeline.timeline(), lsn));
    }
    return new ArchiveView(frontiers);
  }

  Optional<Lsn> frontier(Timeline timeline) {
    return Optional.ofNullable(frontiers.get(timeline));
  }

  /** The same after {@code timeline} was archived up to {@code durable}. */
  ArchiveView with(Timeline timeline, Lsn durable) {
    NavigableMap<Timeline, Lsn> changed = new TreeMap<>(frontiers);
    changed.merge(timeline, durable, Lsn::max);
    return new ArchiveView(changed);
  }
}
