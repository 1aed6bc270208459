package io.tidemark.restore;

import io.tidemark.postgres.Lsn;
import io.tidemark.postgres.TimelineHistory;
import io.tidemark.repository.WalSearch;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/** Finds moments by searching the archive. */
public final class ArchiveTargetFinder implements StopFinder {
  private final WalSearch search;

  public ArchiveTargetFinder(WalSearch search) {
    this.search = search;
  }

  @Override
  public Optional<Found> firstEndAfter(TimelineHistory history, Lsn from, Instant time) {
    return search.firstEndAfter(history, from, time).map(ArchiveTargetFinder::found);
  }

  @Override
  public Optional<Found> lastEnd(TimelineHistory history, Lsn from) {
    return search.lastEnd(history, from).map(ArchiveTargetFinder::found);
  }

  @Override
  public Optional<Found> endOf(TimelineHistory history, Lsn from, long xid) {
    return search.endOf(history, from, xid).map(ArchiveTargetFinder::found);
  }

  @Override
  public List<Found> restorePoints(TimelineHistory history, Lsn from, String name) {
    return search.restorePoints(history, from, name).stream()
        .map(ArchiveTargetFinder::found)
        .toList();
  }

  @Override
  public MadeTablespaces tablespacesMade(TimelineHistory history, Lsn from, Lsn to) {
    WalSearch.Tablespaces found = search.tablespacesMade(history, from, to);
    return new MadeTablespaces(
        found.made().stream()
            .filter(made -> !made.location().isEmpty())
            .map(made -> new MadeTablespace(made.start(), made.oid(), made.location()))
            .toList(),
        found.complete());
  }

  @Override
  public Optional<Lsn> lastRecordStart(TimelineHistory history, Lsn from) {
    return search.lastRecordStart(history, from);
  }

  @Override
  public Optional<Found> lastEndBefore(TimelineHistory history, Lsn from, Lsn before) {
    return search.lastEndBefore(history, from, before).map(ArchiveTargetFinder::found);
  }

  @Override
  public Optional<Lsn> firstExclusiveLock(TimelineHistory history, Lsn from, Lsn before, long xid) {
    return search.firstExclusiveLock(history, from, before, xid);
  }

  private static Found found(WalSearch.Found found) {
    return new Found(found.start(), found.end(), found.at());
  }
}
