package io.tidemark.repository;

import io.tidemark.postgres.Lsn;
import io.tidemark.postgres.Timeline;
import io.tidemark.postgres.TimelineHistory;
import io.tidemark.repository.WalInventory.TimelineInventory;
import java.time.Instant;
import java.util.List;
import java.util.Map;

/**
 * Which backups lead to which timelines.
 *
 * @param wal what is archived
 * @param lastArchived when the newest WAL of a timeline was put
 */
record TimelineTree(WalInventory wal, Map<Timeline, Instant> lastArchived) {

  List<Timeline> timelines() {
    return wal.timelines().stream().map(TimelineInventory::timeline).toList();
  }

  TimelineHistory history(Timeline timeline) {
    return wal.of(timeline)
        .map(TimelineInventory::history)
        .orElseGet(() -> TimelineHistory.root(timeline));
  }

  /** Whether its ancestry is not in the archive: then nothing is known of where it began. */
  boolean isUnknown(Timeline timeline) {
    return timeline.id() > 1 && history(timeline).switches().isEmpty();
  }

  /** Whether WAL was put on it at or after {@code moment}, or that is not known. */
  boolean mayHoldMomentsSince(Timeline timeline, Instant moment) {
    Instant last = lastArchived.get(timeline);
    return last == null || !last.isBefore(moment);
  }

  /**
   * Whether recovery that has come to {@code lsn} of {@code from} can go on to {@code timeline}.
   */
  boolean leads(Timeline from, Lsn lsn, Timeline timeline) {
    return history(timeline).leadsFrom(from, lsn);
  }

  boolean isAncestor(Timeline ancestor, Timeline of) {
    return history(of).switches().stream().anyMatch(left -> left.from().equals(ancestor));
  }

  /** How far recovery from a backup can come on the way to {@code timeline}. */
  Lsn reach(BackupInfo backup, Timeline timeline) {
    return wal.reachableFrom(history(timeline), backup.startLsn());
  }

  /** Whether all WAL that makes a backup consistent is there. */
  boolean isUsable(BackupInfo backup) {
    return reach(backup, backup.timeline()).isAtLeast(backup.stopLsn());
  }
}
