package io.tidemark.backup;

import io.tidemark.config.ErrorCode;
import io.tidemark.config.TidemarkException;
import io.tidemark.postgres.Lsn;
import io.tidemark.postgres.TimelineHistory;
import io.tidemark.postgres.WalSegment;
import io.tidemark.repository.BackupInfo;
import io.tidemark.repository.WalArchive;
import io.tidemark.repository.WalGap;
import io.tidemark.repository.WalInventory;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/** Waits until the archive holds the WAL that a backup needs, without a gap. */
final class WalWait {
  private static final Duration FIRST_PAUSE = Duration.ofMillis(50);
  private static final Duration LONGEST_PAUSE = Duration.ofSeconds(2);

  private final WalArchive archive;
  private final Duration timeout;

  WalWait(WalArchive archive, Duration timeout) {
    this.archive = archive;
    this.timeout = timeout;
  }

  /**
   * Returns when everything from the backup's start to its stop is archived.
   *
   * @throws TidemarkException WAL_GAP where it never will be, TIMED_OUT where it is not in time
   */
  void await(BackupInfo backup) {
    long deadline = System.nanoTime() + timeout.toNanos();
    Duration pause = FIRST_PAUSE;
    while (!reachesStop(backup)) {
      if (System.nanoTime() - deadline > 0) {
        throw timedOut(backup);
      }
      pause(pause);
      pause =
          pause.multipliedBy(2).compareTo(LONGEST_PAUSE) < 0
              ? pause.multipliedBy(2)
              : LONGEST_PAUSE;
    }
  }

  /** Asks cheaply whether the last segment is there; only then whether everything before it is. */
  private boolean reachesStop(BackupInfo backup) {
    WalSegment last =
        WalSegment.containing(
            backup.timeline(), new Lsn(backup.stopLsn().value() - 1), backup.walSegmentSize());
    boolean lastIsThere =
        archive.summaries(last, last).stream()
            .anyMatch(segment -> segment.end().isAtLeast(backup.stopLsn()));
    return lastIsThere && requireGapless(backup);
  }

  private boolean requireGapless(BackupInfo backup) {
    TimelineHistory history =
        archive
            .history(backup.timeline())
            .orElseThrow(
                () ->
                    new TidemarkException(
                        ErrorCode.WAL_GAP,
                        "the archive has no history file of timeline " + backup.timeline(),
                        "the archiver puts it when it follows the timeline: is it running?"));
    WalInventory inventory = archive.inventory();
    Optional<WalGap> gap = inventory.firstGap(history, backup.startLsn(), backup.stopLsn());
    // Segments are put in parallel: a hole that is merely found may be filled in a moment.
    if (gap.isPresent() && gap.get().isOnRecord()) {
      throw new TidemarkException(
          ErrorCode.WAL_GAP,
          "the WAL that this backup needs, %s to %s, has a gap from %s to %s: %s"
              .formatted(
                  backup.startLsn(),
                  backup.stopLsn(),
                  gap.get().from(),
                  gap.get().to(),
                  gap.get().reason()),
          "see that the archive is complete from now on, then take the backup again");
    }
    return inventory.reachableFrom(history, backup.startLsn()).isAtLeast(backup.stopLsn());
  }

  private TidemarkException timedOut(BackupInfo backup) {
    return new TidemarkException(
        ErrorCode.TIMED_OUT,
        "after %d s the archive does not hold the WAL from %s to %s that this backup needs"
            .formatted(timeout.toSeconds(), backup.startLsn(), backup.stopLsn()),
        "is the daemon archiving this cluster? `tidemark status` says how far it is; the copied"
            + " files stay, and the next run of the backup goes on from them");
  }

  private static void pause(Duration pause) {
    try {
      TimeUnit.NANOSECONDS.sleep(pause.toNanos());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new TidemarkException(
          ErrorCode.INTERRUPTED,
          "interrupted while waiting for WAL to be archived",
          "run the backup again: it goes on from what is stored already",
          e);
    }
  }
}
