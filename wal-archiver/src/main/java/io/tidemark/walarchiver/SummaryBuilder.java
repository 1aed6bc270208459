package io.tidemark.walarchiver;

import io.tidemark.postgres.WalEvent;
import io.tidemark.repository.WalSummary;
import io.tidemark.repository.WalSummary.RestorePoint;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/** Adds up what the records that end in a stretch of WAL say. Not for use by several threads. */
final class SummaryBuilder {
  private long transactions;
  private @Nullable Instant first;
  private @Nullable Instant last;
  private long minXid;
  private long maxXid;
  private long tablespaces;
  private final List<RestorePoint> restorePoints = new ArrayList<>();

  void add(WalEvent event) {
    switch (event) {
      case WalEvent.TransactionEnd end -> addEnd(end);
      case WalEvent.RestorePoint point ->
          restorePoints.add(new RestorePoint(point.name(), point.end(), point.time()));
      case WalEvent.TablespaceMade _ -> tablespaces++;
      default -> {}
    }
  }

  WalSummary build() {
    return new WalSummary(
        transactions,
        Optional.ofNullable(first),
        Optional.ofNullable(last),
        minXid,
        maxXid,
        restorePoints,
        OptionalLong.of(tablespaces));
  }

  private void addEnd(WalEvent.TransactionEnd end) {
    transactions++;
    Instant time = end.time();
    first = first == null || time.isBefore(first) ? time : first;
    last = last == null || time.isAfter(last) ? time : last;
    // 0: a read-only transaction that still wrote a record, or one whose ID was not decoded.
    if (end.xid() != 0) {
      minXid = minXid == 0 || WalSummary.xidPrecedes(end.xid(), minXid) ? end.xid() : minXid;
      maxXid = maxXid == 0 || WalSummary.xidPrecedes(maxXid, end.xid()) ? end.xid() : maxXid;
    }
  }
}
