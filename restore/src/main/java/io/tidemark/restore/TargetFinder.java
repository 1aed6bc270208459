package io.tidemark.restore;

import io.tidemark.postgres.Lsn;
import io.tidemark.postgres.TimelineHistory;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/** Finds moments in archived WAL, along a history. */
public interface TargetFinder {
  /**
   * A record.
   *
   * @param start where it begins
   * @param end where it ends
   * @param at its time, as the server wrote it
   */
  record Found(Lsn start, Lsn end, Instant at) {}

  /**
   * A tablespace that replay makes.
   *
   * @param at where its record begins
   * @param oid unsigned 32 bits
   * @param location the directory, always the one that it had on the server that was backed up
   */
  record MadeTablespace(Lsn at, long oid, String location) {}

  /**
   * The tablespaces that replay makes outside the data directory.
   *
   * @param complete whether these are all; older archives do not say
   */
  record MadeTablespaces(List<MadeTablespace> made, boolean complete) {}

  /** The first commit or abort later than {@code time}, in the WAL from {@code from} on. */
  Optional<Found> firstEndAfter(TimelineHistory history, Lsn from, Instant time);

  /** The latest commit or abort in the WAL from {@code from} on. */
  Optional<Found> lastEnd(TimelineHistory history, Lsn from);

  /** Where a transaction committed or aborted, in the WAL from {@code from} on. */
  Optional<Found> endOf(TimelineHistory history, Lsn from, long xid);

  /** All restore points of a name in the WAL from {@code from} on, ascending. */
  List<Found> restorePoints(TimelineHistory history, Lsn from, String name);

  /** The tablespaces whose records begin at {@code from} or later, and before {@code to}. */
  MadeTablespaces tablespacesMade(TimelineHistory history, Lsn from, Lsn to);

  /** Where the last whole record of the reachable WAL from {@code from} on begins. */
  Optional<Lsn> lastRecordStart(TimelineHistory history, Lsn from);
}
