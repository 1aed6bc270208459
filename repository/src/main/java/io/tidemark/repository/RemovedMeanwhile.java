package io.tidemark.repository;

import io.tidemark.postgres.WalSegment;
import io.tidemark.repository.WalInventory.Stretch;
import java.util.Optional;

/**
 * What expiry and the archiver have rightly removed since a verification listed it. To be asked
 * after the reading, with the archive as it is then.
 */
final class RemovedMeanwhile {
  private final Part part;
  private final WalInventory now;

  RemovedMeanwhile(Part part, WalInventory now) {
    this.part = part;
    this.now = now;
  }

  /** Whether the backup is gone: a removal takes both of these first. */
  static boolean isGone(Part part, BackupName backup) {
    return isGone(part, part.keys().backupBegan(backup))
        && isGone(part, part.keys().manifest(backup));
  }

  private static boolean isGone(Part part, String key) {
    return part.store().head(key).isEmpty();
  }

  /** Whether an object of WAL is gone, and nothing is missing for it. */
  boolean isGone(String key) {
    Optional<WalKey> parsed = WalKey.parse(part.keys(), key, part.identity().walSegmentSize());
    return parsed.isPresent()
        && isGone(part, key)
        && switch (parsed.get()) {
          case WalKey.Segment(WalSegment segment) -> isExpired(segment);
          case WalKey.Tail tail ->
              isExpired(tail.segment()) || !isGone(part, part.keys().segment(tail.segment()));
          case WalKey.Index _ -> true;
          case WalKey.History _, WalKey.Gap _ -> false;
        };
  }

  /** Expiry removes the oldest first: there is nothing before it. */
  private boolean isExpired(WalSegment segment) {
    return now.of(segment.timeline()).stream()
        .flatMap(timeline -> timeline.stretches().stream())
        .map(Stretch::from)
        .noneMatch(from -> from.isBefore(segment.end()));
  }
}
