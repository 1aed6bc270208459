package io.tidemark.restore;

import io.tidemark.postgres.Lsn;
import io.tidemark.postgres.TimelineHistory;
import java.util.Optional;

/** Also finds where a standby must stop so that what it holds can be read. */
public interface StopFinder extends TargetFinder {

  /**
   * The last commit or abort that ends at or before a position, in the WAL from {@code from} on.
   */
  Optional<Found> lastEndBefore(TimelineHistory history, Lsn from, Lsn before);

  /**
   * Where a transaction is first seen to hold an AccessExclusiveLock, in the WAL from {@code from}
   * to {@code before}: once that is replayed, nobody reads its table until the transaction has
   * ended.
   */
  Optional<Lsn> firstExclusiveLock(TimelineHistory history, Lsn from, Lsn before, long xid);
}
