package io.tidemark.daemon;

import io.tidemark.daemon.ClusterStatus.Range;
import io.tidemark.postgres.Lsn;
import io.tidemark.repository.BackupEntry;
import io.tidemark.repository.BackupEntry.Completed;
import io.tidemark.repository.ClusterRepository;
import io.tidemark.repository.WalGap;
import io.tidemark.repository.WalInventory;
import io.tidemark.repository.WalInventory.TimelineInventory;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * What a cluster's part of the repository holds, as last looked.
 *
 * @param newest completed backup
 * @param gaps in the WAL of all timelines
 * @param lastGapEnd of the newest timeline, on record: a backup before it leads nowhere behind it
 * @param backupBytes what all completed backups take in the store
 * @param walBytes what all WAL takes there, as last looked up
 * @param oldestRestorable the earliest moment
 * @param newestRestorable the latest commit
 */
record CatalogueView(
    Instant createdAt,
    Optional<Completed> newest,
    int completed,
    int damaged,
    int gaps,
    Optional<Lsn> lastGapEnd,
    long backupBytes,
    OptionalLong walBytes,
    Optional<Instant> oldestRestorable,
    Optional<Instant> newestRestorable) {

  /**
   * Looks: a few small reads for each backup, and a listing of the open logs.
   *
   * @param walBytes what is known of {@link #walBytes(ClusterRepository)}, which costs more
   */
  static CatalogueView look(ClusterRepository repository, OptionalLong walBytes) {
    List<BackupEntry> entries = repository.backups().list();
    WalInventory inventory = repository.wal().inventory();
    List<Completed> completed =
        entries.stream().filter(Completed.class::isInstance).map(Completed.class::cast).toList();
    List<Range> ranges =
        new RestorableRanges(
                inventory,
                completed,
                new LastTransaction(repository.wal(), repository.identity().walSegmentSize()))
            .find();
    return new CatalogueView(
        repository.identity().createdAt(),
        completed.stream().max(Comparator.comparing(entry -> entry.info().startTime())),
        completed.size(),
        (int) entries.stream().filter(BackupEntry.Damaged.class::isInstance).count(),
        inventory.timelines().stream().mapToInt(timeline -> timeline.gaps().size()).sum(),
        inventory.newest().flatMap(CatalogueView::lastGapEnd),
        completed.stream().mapToLong(entry -> entry.totals().storedBytes()).sum(),
        walBytes,
        ranges.stream().map(Range::from).min(Comparator.naturalOrder()),
        ranges.stream().map(Range::to).flatMap(Optional::stream).max(Comparator.naturalOrder()));
  }

  /** What all WAL takes in the store: lists every log that has no index. */
  static long walBytes(ClusterRepository repository) {
    return repository.wal().inventory().timelines().stream()
        .mapToLong(timeline -> repository.wal().storedBytes(timeline.timeline()))
        .sum();
  }

  private static Optional<Lsn> lastGapEnd(TimelineInventory timeline) {
    return timeline.gaps().stream()
        .filter(WalGap::isOnRecord)
        .map(WalGap::to)
        .max(Comparator.naturalOrder());
  }
}
