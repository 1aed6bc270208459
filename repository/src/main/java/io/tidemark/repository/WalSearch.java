package io.tidemark.repository;

import io.tidemark.postgres.Lsn;
import io.tidemark.postgres.TimelineHistory;
import io.tidemark.postgres.WalEvent;
import io.tidemark.postgres.WalEvent.TransactionEnd;
import io.tidemark.postgres.WalSegment;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * Finds moments in archived WAL along a history: by the summaries which segments can hold them, and
 * in those by decoding. Looks at what recovery from a position can reach, and at nothing beyond.
 */
public final class WalSearch {
  private final WalArchive archive;
  private final ClusterIdentity identity;
  private final WalInventory inventory;

  WalSearch(WalArchive archive, ClusterIdentity identity, WalInventory inventory) {
    this.archive = archive;
    this.identity = identity;
    this.inventory = inventory;
  }

  /**
   * A record.
   *
   * @param start where it begins
   * @param end where it ends
   * @param at its time, as the server wrote it
   */
  public record Found(Lsn start, Lsn end, Instant at) {}

  /**
   * Tablespaces that a recovery makes.
   *
   * @param made in the order of the WAL
   * @param complete whether all of the WAL says whether it makes any; what was archived by an older
   *     version does not
   */
  public record Tablespaces(List<WalEvent.TablespaceMade> made, boolean complete) {}

  /** The stretch that is searched. */
  private final class Range {
    final WalWayReader reader;
    final WaySummaries summaries;
    final Lsn from;
    final Lsn reach;

    Range(TimelineHistory history, Lsn from) {
      this.reader = new WalWayReader(archive, identity, inventory, history);
      this.summaries = new WaySummaries(archive, reader.way());
      this.from = from;
      this.reach = reader.way().reachableFrom(from);
    }

    boolean isEmpty() {
      return !reach.isAfter(from);
    }

    WalSegment first() {
      return reader.segmentAt(from);
    }

    WalSegment last() {
      return reader.segmentAt(reach.plus(-1));
    }

    /** The segment in which a record that begins at {@code lsn} may end. */
    WalSegment lastUpTo(Lsn lsn) {
      Lsn end = Lsn.min(lsn, reach.plus(-1));
      WalSegment segment = reader.segmentAt(end);
      return segment.end().isBefore(reach) ? segment.next() : segment;
    }

    List<WalEvent> events(SegmentSummary summary, Predicate<WalEvent> wanted) {
      List<WalEvent> events = new ArrayList<>();
      reader.decode(
          reader.segmentAt(summary.segment().start()),
          event -> {
            if (event.start().isAtLeast(from)
                && !event.end().isAfter(reach)
                && wanted.test(event)) {
              events.add(event);
            }
          });
      return events;
    }

    List<TransactionEnd> ends(SegmentSummary summary, Predicate<TransactionEnd> wanted) {
      return events(summary, event -> event instanceof TransactionEnd end && wanted.test(end))
          .stream()
          .map(TransactionEnd.class::cast)
          .toList();
    }

    Optional<Found> first(Predicate<SegmentSummary> hint, Predicate<TransactionEnd> wanted) {
      return isEmpty()
          ? Optional.empty()
          : summaries
              .ascending(first(), last())
              .filter(hint)
              .flatMap(summary -> ends(summary, wanted).stream())
              .findFirst()
              .map(WalSearch::found);
    }
  }

  private static Found found(TransactionEnd end) {
    return new Found(end.start(), end.end(), end.time());
  }

  /** The first commit or abort later than {@code time}, in the WAL from {@code from} on. */
  public Optional<Found> firstEndAfter(TimelineHistory history, Lsn from, Instant time) {
    return new Range(history, from)
        .first(
            segment -> segment.summary().lastEnd().filter(time::isBefore).isPresent(),
            end -> end.time().isAfter(time));
  }

  /**
   * The latest commit or abort in the WAL from {@code from} on: of those in the last segment that
   * has any, since a server's clock can have been set back.
   */
  public Optional<Found> lastEnd(TimelineHistory history, Lsn from) {
    Range range = new Range(history, from);
    if (range.isEmpty()) {
      return Optional.empty();
    }
    return range
        .summaries
        .descending(range.first(), range.last())
        .filter(segment -> segment.summary().lastEnd().isPresent())
        .flatMap(
            segment ->
                range.ends(segment, end -> true).stream()
                    .max(Comparator.comparing(TransactionEnd::time))
                    .stream())
        .findFirst()
        .map(WalSearch::found);
  }

  /** Where a transaction committed or aborted, in the WAL from {@code from} on. */
  public Optional<Found> endOf(TimelineHistory history, Lsn from, long xid) {
    return new Range(history, from)
        .first(segment -> mayHold(segment.summary(), xid), end -> end.xid() == xid);
  }

  private static boolean mayHold(WalSummary summary, long xid) {
    return summary.minXid() != 0
        && !WalSummary.xidPrecedes(xid, summary.minXid())
        && !WalSummary.xidPrecedes(summary.maxXid(), xid);
  }

  /** All restore points of a name in the WAL from {@code from} on, ascending. */
  public List<Found> restorePoints(TimelineHistory history, Lsn from, String name) {
    Range range = new Range(history, from);
    if (range.isEmpty()) {
      return List.of();
    }
    return range
        .summaries
        .ascending(range.first(), range.last())
        .filter(segment -> mayHold(segment, name))
        .flatMap(segment -> range.events(segment, event -> isPoint(event, name)).stream())
        .map(WalEvent.RestorePoint.class::cast)
        .map(point -> new Found(point.start(), point.end(), point.time()))
        .toList();
  }

  private static boolean mayHold(SegmentSummary segment, String name) {
    return segment.restorePointsLeftOut() > 0
        || segment.summary().restorePoints().stream().anyMatch(p -> p.name().equals(name));
  }

  private static boolean isPoint(WalEvent event, String name) {
    return event instanceof WalEvent.RestorePoint point && point.name().equals(name);
  }

  /** The tablespaces whose records begin at {@code from} or later, and before {@code to}. */
  public Tablespaces tablespacesMade(TimelineHistory history, Lsn from, Lsn to) {
    Range range = new Range(history, from);
    if (range.isEmpty()) {
      return new Tablespaces(List.of(), true);
    }
    List<WalEvent.TablespaceMade> made = new ArrayList<>();
    List<SegmentSummary> summaries =
        range.summaries.ascending(range.first(), range.lastUpTo(to)).toList();
    boolean complete = true;
    for (SegmentSummary segment : summaries) {
      complete &= segment.summary().tablespacesMade().isPresent();
      if (segment.summary().tablespacesMade().orElse(0) > 0) {
        range.events(segment, event -> event instanceof WalEvent.TablespaceMade).stream()
            .filter(event -> event.start().isBefore(to))
            .forEach(event -> made.add((WalEvent.TablespaceMade) event));
      }
    }
    return new Tablespaces(List.copyOf(made), complete);
  }

  /** Where the last whole record of the reachable WAL from {@code from} on begins. */
  public Optional<Lsn> lastRecordStart(TimelineHistory history, Lsn from) {
    Range range = new Range(history, from);
    return range.isEmpty()
        ? Optional.empty()
        : range.reader.lastRecordStart(range.last()).filter(start -> start.isAtLeast(from));
  }

  /**
   * The last commit or abort that ends at or before a position, in the WAL from {@code from} on.
   */
  public Optional<Found> lastEndBefore(TimelineHistory history, Lsn from, Lsn before) {
    Range range = new Range(history, from);
    if (!before.isAfter(from) || range.isEmpty()) {
      return Optional.empty();
    }
    return range
        .summaries
        .descending(range.first(), range.reader.segmentAt(before.plus(-1)))
        .flatMap(
            summary -> range.ends(summary, end -> !end.end().isAfter(before)).reversed().stream())
        .findFirst()
        .map(WalSearch::found);
  }

  /**
   * Where a transaction is first seen to hold an AccessExclusiveLock, in the WAL from {@code from}
   * to {@code before}, before which it has not ended: from its replay on a standby lets nobody read
   * the table. Empty where it holds none.
   */
  public Optional<Lsn> firstExclusiveLock(TimelineHistory history, Lsn from, Lsn before, long xid) {
    Range range = new Range(history, from);
    LockSearch search = new LockSearch(xid);
    if (before.isAfter(from) && !range.isEmpty()) {
      WalSegment segment = range.reader.segmentAt(before.plus(-1));
      while (!search.isOver() && segment.number() >= range.first().number()) {
        search.begin();
        range.reader.decode(
            segment,
            event -> {
              if (event.start().isAtLeast(from) && event.start().isBefore(before)) {
                search.add(event);
              }
            });
        segment = new WalSegment(segment.timeline(), segment.number() - 1, segment.size());
      }
    }
    return search.first();
  }
}
