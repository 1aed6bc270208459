package io.tidemark.repository;

import io.tidemark.postgres.Lsn;
import io.tidemark.postgres.Timeline;
import java.time.Instant;
import java.util.List;

/**
 * What retention decided, before anything is done.
 *
 * @param windowBegin every restorable moment from then on stays restorable
 * @param kept every backup that stays, oldest first
 * @param removed completed backups to remove, oldest first
 * @param unfinished rests of interrupted backups to remove
 * @param wal to remove
 * @param refusals why nothing at all is removed; then the three lists before are empty
 * @param notes what an operator should know, a sentence each
 */
public record ExpiryPlan(
    Instant windowBegin,
    List<Decision> kept,
    List<Decision> removed,
    List<Decision> unfinished,
    List<WalRemoval> wal,
    List<String> refusals,
    List<String> notes) {
  public ExpiryPlan {
    kept = List.copyOf(kept);
    removed = List.copyOf(removed);
    unfinished = List.copyOf(unfinished);
    wal = List.copyOf(wal);
    refusals = List.copyOf(refusals);
    notes = List.copyOf(notes);
    if (!refusals.isEmpty() && !(removed.isEmpty() && unfinished.isEmpty() && wal.isEmpty())) {
      throw new IllegalArgumentException("a refused plan removes nothing");
    }
  }

  /**
   * What becomes of a backup.
   *
   * @param reason why, a sentence without its end
   */
  public record Decision(BackupName name, String reason) {}

  /**
   * Segments, tails and gaps of a timeline that lie wholly before a position.
   *
   * @param before the beginning of the first segment that stays
   * @param bytes of WAL that lie before it, uncompressed
   */
  public record WalRemoval(Timeline timeline, Lsn before, long bytes) {}

  /** Whether there is nothing to remove. */
  public boolean isEmpty() {
    return removed.isEmpty() && unfinished.isEmpty() && wal.isEmpty();
  }
}
