package io.tidemark.repository;

import io.tidemark.postgres.Lsn;
import io.tidemark.postgres.WalEvent;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Looks for a transaction's first exclusive lock, segment by segment backwards, the events of each
 * in their order. A snapshot of what runs tells of every lock that is held; so before one that does
 * not tell of the transaction there is none.
 */
final class LockSearch {
  private final long xid;
  private @Nullable Lsn first;
  private boolean seen;
  private boolean over;

  LockSearch(long xid) {
    this.xid = xid;
  }

  /** The next earlier segment follows. */
  void begin() {
    seen = false;
  }

  void add(WalEvent event) {
    if (event instanceof WalEvent.ExclusiveLocks locks && locks.xids().contains(xid)) {
      if (!seen) {
        first = locks.start();
      }
      seen = true;
    } else if (event instanceof WalEvent.RunningTransactions && !seen) {
      over = true;
    }
  }

  /** Whether nothing earlier can be one. */
  boolean isOver() {
    return over;
  }

  Optional<Lsn> first() {
    return Optional.ofNullable(first);
  }
}
