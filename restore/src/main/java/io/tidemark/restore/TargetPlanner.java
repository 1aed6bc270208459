package io.tidemark.restore;

import io.tidemark.config.ErrorCode;
import io.tidemark.config.TidemarkException;
import io.tidemark.postgres.Lsn;
import io.tidemark.postgres.TimelineHistory;
import io.tidemark.postgres.WalPageHeader;
import io.tidemark.repository.BackupEntry.Completed;
import io.tidemark.repository.BackupInfo;
import io.tidemark.repository.WalGap;
import io.tidemark.repository.WalInventory;
import io.tidemark.restore.RestorePlanner.Way;
import io.tidemark.restore.RestoreTarget.AtLsn;
import io.tidemark.restore.RestoreTarget.AtName;
import io.tidemark.restore.RestoreTarget.AtTime;
import io.tidemark.restore.RestoreTarget.AtXid;
import io.tidemark.restore.RestoreTarget.EndOfArchive;
import io.tidemark.restore.RestoreTarget.Immediate;
import io.tidemark.restore.TargetFinder.Found;
import io.tidemark.restore.TargetFinder.MadeTablespaces;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * Plans for one request along one history: which backup, and which settings make PostgreSQL stop
 * where it was asked to. What PostgreSQL does with each is in recoveryStopsBefore and
 * recoveryStopsAfter of xlogrecovery.c. It also stops at a target that lies before the end of the
 * backup, and then gives up, so that a backup is usable only if it ends before the target.
 */
final class TargetPlanner {
  /** While a server starts, its settings are read without time zone names: "Z" is one. */
  private static final DateTimeFormatter POSTGRES_TIME =
      DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss.SSSSSS'+00'", Locale.ROOT)
          .withZone(ZoneOffset.UTC);

  /** The header of a WAL record ({@code SizeOfXLogRecord}). */
  private static final int LEAST_RECORD_BYTES = 24;

  private final RestoreRequest request;
  private final TimelineHistory history;
  private final List<Completed> usable;
  private final List<Way> elsewhere;
  private final ReachableWal wal;
  private final TargetFinder finder;
  private final boolean storedOnly;

  /**
   * @param elsewhere the other timelines, for messages
   */
  TargetPlanner(
      RestoreRequest request,
      Way way,
      List<Way> elsewhere,
      WalInventory inventory,
      TargetFinder finder,
      boolean storedOnly) {
    this.request = request;
    this.history = way.history();
    this.usable = way.backups();
    this.elsewhere = elsewhere;
    this.wal = new ReachableWal(inventory, history, finder);
    this.finder = finder;
    this.storedOnly = storedOnly;
  }

  RestorePlan plan() {
    return switch (request.target()) {
      case EndOfArchive() -> toEnd(usable.getLast());
      case Immediate() -> immediate(usable.getLast());
      case AtLsn(Lsn lsn) -> toLsn(lsn);
      case AtTime(Instant time) -> toTime(time.truncatedTo(ChronoUnit.MICROS));
      case AtXid(long xid) -> toXid(xid);
      case AtName(String name) -> toName(name);
    };
  }

  private RestorePlan toEnd(Completed backup) {
    Optional<Lsn> last = wal.lastRecord(backup);
    Optional<WalGap> unfinished = last.filter(_ -> storedOnly).flatMap(_ -> wal.unfinished(backup));
    wal.require(backup, unfinished.map(WalGap::from).orElseGet(wal::endOfArchive));
    return plan(
        backup,
        // Without a target the server would ask for what is missing, and not end without it.
        unfinished.isPresent()
            ? target("recovery_target_lsn", last.orElseThrow().toString(), "on")
            : Map.of(),
        endOf(last, backup),
        lastTime(backup),
        unfinished.map(this::beforeUnfinished).orElse(""));
  }

  private String beforeUnfinished(WalGap hole) {
    return ("replays up to %s: WAL from there to %s is not in the archive, though some behind it is,"
            + " up to %s. An archiver that was cut off or is at work leaves it like that, and nothing"
            + " behind was acknowledged; a segment that somebody removed would look the same")
        .formatted(hole.from(), hole.to(), wal.endOfArchive());
  }

  private RestorePlan immediate(Completed backup) {
    wal.require(backup, backup.info().stopLsn());
    return plan(
        backup,
        Map.of("recovery_target", "immediate"),
        backup.info().stopLsn(),
        Optional.of(backup.info().stopTime()),
        "");
  }

  private RestorePlan toLsn(Lsn lsn) {
    Completed backup = newest(usable, b -> !b.stopLsn().isAfter(lsn), "LSN " + lsn);
    wal.require(backup, lsn);
    Optional<Lsn> last = wal.lastRecord(backup);
    if (last.isPresent() && last.get().isBefore(lsn)) {
      // PostgreSQL stops only at a record that begins at the target or later: none does.
      return plan(
          backup,
          target("recovery_target_lsn", last.get().toString(), "on"),
          endOf(last, backup),
          lastTime(backup),
          "no archived record begins at %s or later: replays up to and with the last, at %s"
              .formatted(lsn, last.get()));
    }
    Lsn reach = request.exclusive() ? ReachableWal.justBefore(lsn) : lsn;
    return plan(
        backup,
        target("recovery_target_lsn", lsn.toString(), inclusive()),
        reach,
        Optional.empty(),
        "");
  }

  /** It stops before the first commit or abort later than the time; exclusive, not earlier. */
  private RestorePlan toTime(Instant time) {
    Instant last = request.exclusive() ? time.minus(1, ChronoUnit.MICROS) : time;
    newest(usable, b -> !b.stopTime().isAfter(time), "time " + time);
    for (Completed backup : usable.reversed()) {
      if (!backup.info().stopTime().isAfter(time)) {
        Found after =
            finder
                .firstEndAfter(history, backup.info().startLsn(), last)
                .orElseThrow(() -> noTransactionAfter(backup, time));
        if (after.start().isAtLeast(backup.info().stopLsn())) {
          return plan(
              backup,
              target("recovery_target_time", POSTGRES_TIME.format(time), inclusive()),
              ReachableWal.justBefore(after.start()),
              Optional.of(time),
              "");
        }
      } // else the server's clock was set back: it would stop before that backup ends
    }
    throw unreachable(
        "the server's clock was set back: transactions later than %s ended before each backup that"
                .formatted(time)
            + " ends before that time was complete",
        "name the target by --lsn");
  }

  private TidemarkException noTransactionAfter(Completed backup, Instant time) {
    wal.requireNoGap(backup, wal.endOfArchive());
    return unreachable(
        "no transaction ended after "
            + time
            + " in the archived WAL, so that PostgreSQL could not know that it is there",
        wal.lastRestorable(backup)
            + wal.lastTransaction(backup)
                .map(at -> ", ask for a time before " + at + ", or give no target")
                .orElse(", or give no target"));
  }

  private RestorePlan toXid(long xid) {
    for (List<Completed> stretch : stretches()) {
      Optional<Found> found = finder.endOf(history, stretch.getFirst().info().startLsn(), xid);
      if (found.isPresent()) {
        return toXid(xid, found.get(), stretch);
      }
    }
    throw notFound(
        "transaction %d neither commits nor aborts".formatted(xid),
        way -> finder.endOf(way.history(), way.backups().getFirst().info().startLsn(), xid),
        "is it the ID of a top-level transaction, and has it ended?");
  }

  private RestorePlan toXid(long xid, Found end, List<Completed> stretch) {
    Completed backup =
        newest(
            stretch,
            b -> !b.stopLsn().isAfter(end.start()),
            "transaction %d, which ended at LSN %s (%s),".formatted(xid, end.end(), end.at()));
    return plan(
        backup,
        target("recovery_target_xid", Long.toString(xid), inclusive()),
        request.exclusive() ? ReachableWal.justBefore(end.start()) : end.end(),
        Optional.of(end.at()),
        "");
  }

  private RestorePlan toName(String name) {
    for (List<Completed> stretch : stretches()) {
      List<Found> points =
          finder.restorePoints(history, stretch.getFirst().info().startLsn(), name);
      if (!points.isEmpty()) {
        return toName(name, points, stretch);
      }
    }
    throw notFound(
        "there is no restore point '%s'".formatted(name),
        way ->
            finder
                .restorePoints(way.history(), way.backups().getFirst().info().startLsn(), name)
                .stream()
                .findFirst(),
        "`tidemark wal list` shows the restore points");
  }

  /**
   * PostgreSQL stops at the first restore point of the name that it replays. Where that is not the
   * newest of the name, the newest is asked for by its position.
   */
  private RestorePlan toName(String name, List<Found> points, List<Completed> stretch) {
    Found point = points.getLast();
    Completed backup =
        newest(
            stretch,
            b -> !b.stopLsn().isAfter(point.start()),
            "restore point '%s', made at LSN %s (%s),".formatted(name, point.end(), point.at()));
    long replayed =
        points.stream().filter(p -> p.start().isAtLeast(backup.info().startLsn())).count();
    boolean byPosition = replayed > 1;
    return plan(
        backup,
        byPosition
            ? target("recovery_target_lsn", point.start().toString(), "on")
            : Map.of("recovery_target_name", name),
        point.end(),
        Optional.of(point.at()),
        byPosition
            ? "%d restore points have this name: takes the newest, of %s"
                .formatted(replayed, point.at())
            : "");
  }

  // What they share

  /** Backups between which there is no gap, youngest stretch first; oldest backup first in each. */
  private Collection<List<Completed>> stretches() {
    Map<Lsn, List<Completed>> byEnd = new LinkedHashMap<>();
    usable.forEach(b -> byEnd.computeIfAbsent(wal.end(b), _ -> new ArrayList<>()).add(b));
    return new ArrayList<>(byEnd.values()).reversed();
  }

  private static Completed newest(
      List<Completed> from, Predicate<BackupInfo> early, String target) {
    BackupInfo oldest = from.getFirst().info();
    return from.stream()
        .filter(backup -> early.test(backup.info()))
        .reduce((_, later) -> later)
        .orElseThrow(
            () ->
                unreachable(
                    "%s lies before the end of the oldest backup that could be used, %s"
                        .formatted(target, oldest.name()),
                    "the first restorable moment is LSN %s, time %s"
                        .formatted(oldest.stopLsn(), oldest.stopTime())));
  }

  private interface Search {
    Optional<Found> in(Way way);
  }

  private TidemarkException notFound(String what, Search search, String otherwise) {
    for (Way way : elsewhere) {
      Optional<Found> found = search.in(way);
      if (found.isPresent()) {
        return unreachable(
            "%s in the archived WAL on the way to timeline %s".formatted(what, history.timeline()),
            "it is at LSN %s (%s) on the way to timeline %s: choose that with --timeline %s"
                .formatted(
                    found.get().end(),
                    found.get().at(),
                    way.history().timeline(),
                    way.history().timeline()));
      }
    }
    return unreachable(
        what + " in the archived WAL that the backups can replay",
        otherwise + "; " + wal.lastRestorable(usable.getLast()));
  }

  private String inclusive() {
    return request.exclusive() ? "off" : "on";
  }

  private static Map<String, String> target(String name, String value, String inclusive) {
    return Map.of(name, value, "recovery_target_inclusive", inclusive);
  }

  /** A record is as long as its header at least. */
  private static Lsn endOf(Optional<Lsn> record, Completed backup) {
    return record.map(start -> start.plus(LEAST_RECORD_BYTES)).orElse(backup.info().stopLsn());
  }

  private Optional<Instant> lastTime(Completed backup) {
    return wal.lastTransaction(backup);
  }

  private RestorePlan plan(
      Completed backup,
      Map<String, String> recoveryTarget,
      Lsn reach,
      Optional<Instant> time,
      String note) {
    Lsn mustReach = Lsn.max(reach, backup.info().stopLsn());
    MadeTablespaces tablespaces =
        finder.tablespacesMade(history, backup.info().startLsn(), replayedBefore(mustReach));
    List<String> notes = new ArrayList<>(note.isEmpty() ? List.of() : List.of(note));
    notes.addAll(ReplayedTablespaces.notes(tablespaces));
    return new RestorePlan(
        request,
        backup.info(),
        backup.totals(),
        history,
        recoveryTarget,
        mustReach,
        wal.end(backup),
        wal.lastRecord(backup),
        time,
        tablespaces.made(),
        notes);
  }

  /**
   * Records that begin there or later are not replayed. An inclusive LSN is the exception: the
   * record that begins at it, or behind the header of the page that does, is replayed too.
   */
  private Lsn replayedBefore(Lsn reach) {
    boolean inclusiveLsn = request.target() instanceof AtLsn && !request.exclusive();
    return inclusiveLsn ? reach.plus(WalPageHeader.LONG_BYTES + 1) : reach;
  }

  private static TidemarkException unreachable(String found, String hint) {
    return new TidemarkException(ErrorCode.TARGET_UNREACHABLE, found, hint);
  }
}
