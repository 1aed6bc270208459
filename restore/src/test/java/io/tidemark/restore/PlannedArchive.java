package io.tidemark.restore;

import io.tidemark.postgres.Lsn;
import io.tidemark.postgres.SystemId;
import io.tidemark.postgres.Timeline;
import io.tidemark.postgres.TimelineHistory;
import io.tidemark.postgres.WalSegmentSize;
import io.tidemark.repository.BackupEntry.Completed;
import io.tidemark.repository.BackupInfo;
import io.tidemark.repository.BackupName;
import io.tidemark.repository.BackupTotals;
import io.tidemark.repository.WalGap;
import io.tidemark.repository.WalInventory;
import io.tidemark.repository.WalInventory.Stretch;
import io.tidemark.repository.WalInventory.TimelineInventory;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.stream.Stream;

/**
 * An archive as a planner sees it, told in few words: LSNs are {@code 0/<n>000000} for n, records
 * are 0x100 bytes long, and second n after noon is the time of what happens at n.
 */
final class PlannedArchive implements TargetFinder {
  static final Instant NOON = Instant.parse("2026-11-20T12:00:00Z");

  private record Entry(int timeline, Found found, long xid, String restorePoint) {}

  private final List<Completed> backups = new ArrayList<>();
  private final List<TimelineInventory> timelines = new ArrayList<>();
  private final List<Entry> entries = new ArrayList<>();
  private final List<MadeTablespace> tablespaces = new ArrayList<>();
  private boolean storedOnly = true;

  static Lsn lsn(double n) {
    return new Lsn((long) (n * 0x1000000));
  }

  static Instant time(double n) {
    return NOON.plusMillis((long) (n * 1000));
  }

  /** A backup that starts at {@code from}, ends at {@code to}, and is called after its end. */
  PlannedArchive backup(int timeline, double from, double to) {
    BackupName name = BackupName.full(time(to));
    BackupInfo info =
        new BackupInfo(
            name,
            new SystemId(1),
            17,
            202406281,
            8192,
            WalSegmentSize.DEFAULT,
            new Timeline(timeline),
            lsn(from),
            lsn(from),
            lsn(to),
            time(from),
            time(to),
            false,
            true,
            Optional.empty());
    backups.add(new Completed(info, new BackupTotals(1, 1, 1, 1)));
    return this;
  }

  /** Timeline 1 with WAL in stretches: from, to, from, to; what lies between is lost. */
  PlannedArchive wal(double... bounds) {
    return timeline(TimelineHistory.root(new Timeline(1)), "the slot was lost", bounds);
  }

  /** The same; what lies between is merely not there. */
  PlannedArchive walWithHoles(double... bounds) {
    return timeline(TimelineHistory.root(new Timeline(1)), WalGap.FOUND, bounds);
  }

  /** A timeline that forked from {@code parent} at {@code at}. */
  PlannedArchive fork(int timeline, int parent, double at, double... bounds) {
    List<TimelineHistory.Switch> switches = new ArrayList<>();
    timelines.stream()
        .filter(t -> t.timeline().id() == parent)
        .forEach(t -> switches.addAll(t.history().switches()));
    switches.add(new TimelineHistory.Switch(new Timeline(parent), lsn(at), "promoted"));
    return timeline(
        new TimelineHistory(new Timeline(timeline), switches), "the slot was lost", bounds);
  }

  private PlannedArchive timeline(TimelineHistory history, String why, double... bounds) {
    List<Stretch> stretches = new ArrayList<>();
    List<WalGap> gaps = new ArrayList<>();
    for (int i = 0; i < bounds.length; i += 2) {
      stretches.add(new Stretch(lsn(bounds[i]), lsn(bounds[i + 1])));
      if (i > 0) {
        Lsn from = lsn(bounds[i - 1]);
        Lsn to = lsn(bounds[i]);
        gaps.add(new WalGap(history.timeline(), from, to, NOON, why));
      }
    }
    timelines.add(new TimelineInventory(history.timeline(), history, stretches, gaps));
    return this;
  }

  /** A transaction that commits at {@code at}. */
  PlannedArchive commit(int timeline, double at, long xid) {
    return commit(timeline, at, xid, time(at));
  }

  /** A transaction whose record is at {@code at} and says another time. */
  PlannedArchive commit(int timeline, double at, long xid, Instant time) {
    entries.add(new Entry(timeline, found(at, time), xid, ""));
    return this;
  }

  PlannedArchive point(int timeline, double at, String name) {
    entries.add(new Entry(timeline, found(at, time(at)), 0, name));
    return this;
  }

  /** A tablespace made at {@code at}. */
  PlannedArchive tablespace(double at, String location) {
    tablespaces.add(new MadeTablespace(lsn(at), 16_500, location));
    return this;
  }

  private static Found found(double at, Instant time) {
    return new Found(lsn(at), lsn(at).plus(0x100), time);
  }

  /** What was acknowledged need not be in the archive. */
  PlannedArchive withSpool() {
    storedOnly = false;
    return this;
  }

  RestorePlan plan(RestoreRequest request) {
    return new RestorePlanner(backups, inventory(), this, storedOnly).plan(request);
  }

  private WalInventory inventory() {
    return new WalInventory(WalSegmentSize.DEFAULT, timelines, List.of());
  }

  private Stream<Entry> along(TimelineHistory history, Lsn from, Predicate<Entry> wanted) {
    Lsn reach = inventory().reachableFrom(history, from);
    return entries.stream()
        .filter(entry -> history.timelineAt(entry.found().start()).id() == entry.timeline())
        .filter(entry -> entry.found().start().isAtLeast(from))
        .filter(entry -> !entry.found().end().isAfter(reach))
        .filter(wanted)
        .sorted(Comparator.comparing(entry -> entry.found().start()));
  }

  @Override
  public Optional<Found> firstEndAfter(TimelineHistory history, Lsn from, Instant time) {
    return along(history, from, entry -> entry.xid() != 0 && entry.found().at().isAfter(time))
        .findFirst()
        .map(Entry::found);
  }

  @Override
  public Optional<Found> lastEnd(TimelineHistory history, Lsn from) {
    return along(history, from, entry -> entry.xid() != 0)
        .reduce((_, later) -> later)
        .map(Entry::found);
  }

  @Override
  public Optional<Found> endOf(TimelineHistory history, Lsn from, long xid) {
    return along(history, from, entry -> entry.xid() == xid).findFirst().map(Entry::found);
  }

  @Override
  public List<Found> restorePoints(TimelineHistory history, Lsn from, String name) {
    return along(history, from, entry -> entry.restorePoint().equals(name))
        .map(Entry::found)
        .toList();
  }

  @Override
  public MadeTablespaces tablespacesMade(TimelineHistory history, Lsn from, Lsn to) {
    return new MadeTablespaces(
        tablespaces.stream()
            .filter(made -> made.at().isAtLeast(from) && made.at().isBefore(to))
            .toList(),
        true);
  }

  @Override
  public Optional<Lsn> lastRecordStart(TimelineHistory history, Lsn from) {
    return along(history, from, _ -> true)
        .reduce((_, later) -> later)
        .map(entry -> entry.found().start());
  }
}
