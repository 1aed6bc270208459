package io.tidemark.restore;

import io.tidemark.config.ErrorCode;
import io.tidemark.config.TidemarkException;
import io.tidemark.postgres.Lsn;
import io.tidemark.postgres.TimelineHistory;
import io.tidemark.postgres.WalPageHeader;
import io.tidemark.repository.BackupEntry.Completed;
import io.tidemark.repository.WalGap;
import io.tidemark.repository.WalInventory;
import java.time.Instant;
import java.util.Optional;

/** What a recovery along one history can replay, and what to say where that is not enough. */
final class ReachableWal {
  /**
   * The archiver puts segments side by side, and a put that is tried again is overtaken. By more
   * than these is not likely, but that a segment was lost otherwise.
   */
  private static final int SIDE_BY_SIDE = 16;

  private final WalInventory inventory;
  private final TimelineHistory history;
  private final TargetFinder finder;

  ReachableWal(WalInventory inventory, TimelineHistory history, TargetFinder finder) {
    this.inventory = inventory;
    this.history = history;
    this.finder = finder;
  }

  /** The end of what can be replayed from a backup without a gap. */
  Lsn end(Completed backup) {
    return inventory.reachableFrom(history, backup.info().startLsn());
  }

  /** The end of what is archived along the history, gaps or not. */
  Lsn endOfArchive() {
    return inventory
        .of(history.timeline())
        .flatMap(WalInventory.TimelineInventory::frontier)
        .orElse(history.start());
  }

  /** Where the last whole record that can be replayed begins. */
  Optional<Lsn> lastRecord(Completed backup) {
    return finder.lastRecordStart(history, backup.info().startLsn());
  }

  /** When the last transaction that can be replayed ended. */
  Optional<Instant> lastTransaction(Completed backup) {
    return finder.lastEnd(history, backup.info().startLsn()).map(TargetFinder.Found::at);
  }

  /**
   * The position at which replay stands when it stops before the record that begins at {@code
   * start}: the end of the record before, which lies in front of a page's header where the record
   * is the first of its page.
   */
  static Lsn justBefore(Lsn start) {
    long inPage = Long.remainderUnsigned(start.value(), WalPageHeader.PAGE_BYTES);
    return inPage == WalPageHeader.SHORT_BYTES || inPage == WalPageHeader.LONG_BYTES
        ? start.plus(-inPage)
        : start;
  }

  /**
   * Checks that replay from the backup comes to {@code to}.
   *
   * @throws TidemarkException WAL_GAP, TARGET_UNREACHABLE
   */
  void require(Completed backup, Lsn to) {
    Lsn needed = Lsn.max(to, backup.info().stopLsn());
    Lsn reachable = end(backup);
    if (reachable.isAtLeast(needed)) {
      return;
    }
    requireNoGap(backup, needed);
    throw new TidemarkException(
        ErrorCode.TARGET_UNREACHABLE,
        "the archive ends at %s, before %s".formatted(reachable, needed),
        lastRestorable(backup));
  }

  /** Throws WAL_GAP where one lies between the backup and {@code to}. */
  void requireNoGap(Completed backup, Lsn to) {
    Optional<WalGap> gap = inventory.firstGap(history, backup.info().startLsn(), to);
    if (gap.isPresent()) {
      throw new TidemarkException(
          ErrorCode.WAL_GAP,
          "a gap in the archived WAL, from %s to %s of timeline %s, lies between backup %s and the"
                  .formatted(gap.get().from(), gap.get().to(), gap.get().timeline(), backup.name())
              + " target: "
              + gap.get().reason(),
          lastRestorable(backup) + ", or begin with a backup that was taken after the gap");
    }
  }

  /**
   * The hole near the end of the archive that an archiver leaves when it is cut off, and while it
   * is at work. Not one that is on record, that a later timeline or the backup itself needs, or
   * behind which there is much.
   */
  Optional<WalGap> unfinished(Completed backup) {
    Lsn end = endOfArchive();
    long near = (long) SIDE_BY_SIDE * inventory.segmentSize().bytes();
    return inventory
        .firstGap(history, backup.info().startLsn(), end)
        .filter(gap -> !gap.isOnRecord() && gap.timeline().equals(history.timeline()))
        .filter(gap -> gap.from().isAtLeast(backup.info().stopLsn()))
        .filter(gap -> end.minus(gap.from()) <= near);
  }

  /** For people: the last moment that can be restored from a backup, as time and as LSN. */
  String lastRestorable(Completed backup) {
    Lsn end = end(backup);
    if (end.isBefore(backup.info().stopLsn())) {
      return "with backup %s nothing can be restored: its own WAL is not all there"
          .formatted(backup.name());
    }
    return "the last restorable moment is LSN %s, with %s; restore to it with --lsn %s"
        .formatted(
            end,
            lastTransaction(backup)
                .map(at -> "the last transaction of " + at)
                .orElse("no transaction after the backup of " + backup.info().stopTime()),
            end);
  }
}
