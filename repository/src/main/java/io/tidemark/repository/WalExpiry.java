package io.tidemark.repository;

import io.tidemark.postgres.Lsn;
import io.tidemark.postgres.WalSegment;
import io.tidemark.postgres.WalSegmentSize;
import io.tidemark.repository.ExpiryPlan.WalRemoval;
import io.tidemark.store.ObjectInfo;
import java.util.Optional;

/**
 * Removes WAL before a position: first the indexes of the logs that it lies in, which say that all
 * their segments are there, then the oldest first, so that what is left has no new holes.
 */
final class WalExpiry {
  private final Part part;
  private final Deletions deletions;
  private final WalSegmentSize size;
  private long segments;

  WalExpiry(Part part, Deletions deletions) {
    this.part = part;
    this.deletions = deletions;
    this.size = part.identity().walSegmentSize();
  }

  void remove(WalRemoval removal) {
    removeWhere(part.keys().indexes(removal.timeline()), removal.before());
    String timeline = part.keys().timeline(removal.timeline());
    WalSegment firstKept = WalSegment.containing(removal.timeline(), removal.before(), size);
    for (String name : part.store().children(timeline)) {
      if (isLogUpTo(name, firstKept)) {
        removeWhere(timeline + name, removal.before());
      }
    }
    removeWhere(part.keys().gaps(removal.timeline()), removal.before());
  }

  private static boolean isLogUpTo(String name, WalSegment firstKept) {
    return name.matches("[0-9A-F]{8}/") && name.substring(0, 8).compareTo(firstKept.log()) <= 0;
  }

  private void removeWhere(String prefix, Lsn before) {
    for (ObjectInfo object : deletions.listed(prefix)) {
      Optional<WalKey> key = WalKey.parse(part.keys(), object.key(), size);
      if (key.isPresent() && goes(key.get(), before)) {
        segments += key.get() instanceof WalKey.Segment ? 1 : 0;
        deletions.delete(object);
      }
    }
    deletions.flush();
  }

  private static boolean goes(WalKey key, Lsn before) {
    return switch (key) {
      case WalKey.Segment(WalSegment segment) -> before.isAtLeast(segment.end());
      case WalKey.Tail(WalSegment segment, long _, long _) -> before.isAtLeast(segment.end());
      case WalKey.Index(WalSegment first) -> first.start().isBefore(before);
      case WalKey.Gap gap -> before.isAtLeast(gap.to());
      // Small, and without it nothing of that timeline and of those after it can be restored.
      case WalKey.History _ -> false;
    };
  }

  long segments() {
    return segments;
  }
}
