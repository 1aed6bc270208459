package io.tidemark.restore;

import io.tidemark.config.ErrorCode;
import io.tidemark.config.TidemarkException;
import io.tidemark.postgres.Lsn;
import io.tidemark.postgres.Timeline;
import io.tidemark.postgres.TimelineHistory;
import io.tidemark.repository.BackupEntry.Completed;
import io.tidemark.repository.WalGap;
import io.tidemark.repository.WalInventory;
import io.tidemark.restore.RestoreTarget.AtLsn;
import io.tidemark.restore.RestoreTarget.AtName;
import io.tidemark.restore.RestoreTarget.AtTime;
import io.tidemark.restore.RestoreTarget.AtXid;
import io.tidemark.restore.RestoreTarget.EndOfArchive;
import io.tidemark.restore.RestoreTarget.Immediate;
import io.tidemark.restore.TargetFinder.Found;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * Decides how a target is reached: with which backup, along which timelines, over which WAL; or why
 * it cannot be, and what can. Nothing is written, and nothing but the finder does I/O.
 */
public final class RestorePlanner {
  /** While a server starts, its settings are read without time zone names: "Z" is one. */
  private static final DateTimeFormatter POSTGRES_TIME =
      DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss.SSSSSS'+00'", Locale.ROOT)
          .withZone(ZoneOffset.UTC);

  private final List<Completed> backups;
  private final WalInventory inventory;
  private final TargetFinder finder;

  /**
   * @param backups the completed ones, in any order
   */
  public RestorePlanner(List<Completed> backups, WalInventory inventory, TargetFinder finder) {
    this.backups =
        backups.stream().sorted(Comparator.comparing(backup -> backup.info().name())).toList();
    this.inventory = inventory;
    this.finder = finder;
  }

  /**
   * Plans a restore.
   *
   * @throws TidemarkException TARGET_UNREACHABLE or WAL_GAP, saying what can be reached instead
   */
  public RestorePlan plan(RestoreRequest request) {
    if (backups.isEmpty()) {
      throw unreachable("there is no completed backup", "take one with `tidemark backup`");
    }
    TimelineHistory history = history(request);
    List<Completed> usable = backupsOn(history, request);
    return switch (request.target()) {
      case EndOfArchive() -> toEnd(request, history, usable.getLast());
      case Immediate() -> immediate(request, history, usable.getLast());
      case AtLsn(Lsn lsn) -> toLsn(request, history, usable, lsn);
      case AtTime(Instant time) -> toTime(request, history, usable, time);
      case AtXid(long xid) -> toXid(request, history, usable, xid);
      case AtName(String name) -> toName(request, history, usable, name);
    };
  }

  // Timelines and backups

  private TimelineHistory history(RestoreRequest request) {
    Timeline chosen =
        switch (request.timeline()) {
          case TimelineChoice.Given(Timeline timeline) -> timeline;
          case TimelineChoice.OfBackup() -> requested(request).info().timeline();
          case TimelineChoice.Latest() ->
              inventory
                  .newest()
                  .map(WalInventory.TimelineInventory::timeline)
                  .orElseGet(() -> backups.getLast().info().timeline());
        };
    return inventory
        .of(chosen)
        .map(WalInventory.TimelineInventory::history)
        .orElseThrow(
            () ->
                unreachable(
                    "the archive holds nothing of timeline " + chosen,
                    "it knows the timelines "
                        + inventory.timelines().stream()
                            .map(WalInventory.TimelineInventory::timeline)
                            .toList()));
  }

  private Completed requested(RestoreRequest request) {
    return request
        .backup()
        .map(
            name ->
                backups.stream()
                    .filter(backup -> backup.name().equals(name))
                    .findFirst()
                    .orElseThrow(
                        () ->
                            unreachable(
                                "there is no completed backup " + name,
                                "`tidemark status` lists the backups")))
        .orElseGet(backups::getLast);
  }

  /** Those from which recovery can come onto the timeline, oldest first; at least one. */
  private List<Completed> backupsOn(TimelineHistory history, RestoreRequest request) {
    List<Completed> candidates =
        request.backup().isPresent() ? List.of(requested(request)) : backups;
    List<Completed> usable =
        candidates.stream()
            .filter(b -> history.leadsFrom(b.info().timeline(), b.info().stopLsn()))
            .toList();
    if (usable.isEmpty()) {
      Completed newest = candidates.getLast();
      throw unreachable(
          "no backup leads to timeline %s: %s is on timeline %s and ends at %s, and the history of %s"
                  .formatted(
                      history.timeline(),
                      newest.name(),
                      newest.info().timeline(),
                      newest.info().stopLsn(),
                      history.timeline())
              + " does not pass there",
          "name another timeline with --timeline, or `--timeline current` for the backup's own");
    }
    return usable;
  }

  private Completed newest(
      List<Completed> usable, Predicate<Completed> early, String target, String earliest) {
    return usable.stream()
        .filter(early)
        .reduce((_, later) -> later)
        .orElseThrow(
            () ->
                unreachable(
                    target
                        + " lies before the end of the oldest backup that could be used, "
                        + usable.getFirst().name(),
                    "the earliest restorable is " + earliest));
  }

  // Targets

  private RestorePlan toEnd(RestoreRequest request, TimelineHistory history, Completed backup) {
    requireGapless(history, backup, endOf(history));
    return plan(request, history, backup, Map.of(), lastRecord(history, backup));
  }

  private RestorePlan immediate(RestoreRequest request, TimelineHistory history, Completed backup) {
    requireGapless(history, backup, backup.info().stopLsn());
    return plan(
        request,
        history,
        backup,
        Map.of("recovery_target", "immediate"),
        new Reach(backup.info().stopLsn(), Optional.of(backup.info().stopTime()), List.of()));
  }

  private RestorePlan toLsn(
      RestoreRequest request, TimelineHistory history, List<Completed> usable, Lsn lsn) {
    Completed backup =
        newest(
            usable,
            b -> !b.info().stopLsn().isAfter(lsn),
            "LSN " + lsn,
            "LSN " + usable.getFirst().info().stopLsn());
    requireGapless(history, backup, lsn);
    Optional<Lsn> last = finder.lastRecordStart(history, backup.info().startLsn());
    if (last.isPresent() && last.get().isAtLeast(lsn)) {
      return plan(
          request,
          history,
          backup,
          targetSettings(request, "recovery_target_lsn", lsn.toString()),
          new Reach(lsn, Optional.empty(), List.of()));
    }
    // PostgreSQL stops only at a record that begins at the target or later; here the archive ends.
    return plan(
        request,
        history,
        backup,
        Map.of(),
        new Reach(
            lsn,
            Optional.empty(),
            List.of("no record begins at " + lsn + " or later: replays to the archive's end")));
  }

  private RestorePlan toTime(
      RestoreRequest request, TimelineHistory history, List<Completed> usable, Instant time) {
    Completed backup =
        newest(
            usable,
            b -> !b.info().stopTime().isAfter(time),
            "time " + time,
            "time " + usable.getFirst().info().stopTime());
    Lsn from = backup.info().startLsn();
    Found after =
        finder
            .firstEndAfter(history, from, time)
            .orElseThrow(() -> noTransactionAfter(history, backup, time));
    requireGapless(history, backup, after.end());
    return plan(
        request,
        history,
        backup,
        targetSettings(request, "recovery_target_time", POSTGRES_TIME.format(time)),
        // It stops before that record, so this is what must have been replayed.
        new Reach(Lsn.max(after.start(), backup.info().stopLsn()), Optional.of(time), List.of()));
  }

  private TidemarkException noTransactionAfter(
      TimelineHistory history, Completed backup, Instant time) {
    Optional<Found> last = finder.lastEnd(history, backup.info().startLsn());
    Optional<WalGap> gap = inventory.firstGap(history, backup.info().startLsn(), endOf(history));
    if (gap.isPresent()) {
      return gapError(backup, gap.get());
    }
    return unreachable(
        "no transaction ended after "
            + time
            + " in the archived WAL, so that PostgreSQL could not know that it is there",
        last.map(
                found ->
                    "the last archived transaction ended at %s: ask for a time before that, or for"
                            .formatted(found.at())
                        + " the end of the archive by giving no target")
            .orElse("no transaction at all ended after the backup: restore without a target"));
  }

  private RestorePlan toXid(
      RestoreRequest request, TimelineHistory history, List<Completed> usable, long xid) {
    Found end =
        finder
            .endOf(history, usable.getFirst().info().startLsn(), xid)
            .orElseThrow(
                () ->
                    unreachable(
                        "transaction %d neither commits nor aborts in the archived WAL"
                                .formatted(xid)
                            + " that the backups on this timeline can replay",
                        "is it the ID of a top-level transaction, and ended on this timeline?"));
    Completed backup =
        newest(
            usable,
            b -> !b.info().stopLsn().isAfter(end.start()),
            "transaction %d, which ended at %s,".formatted(xid, end.at()),
            "LSN " + usable.getFirst().info().stopLsn());
    requireGapless(history, backup, end.end());
    return plan(
        request,
        history,
        backup,
        targetSettings(request, "recovery_target_xid", Long.toString(xid)),
        new Reach(request.exclusive() ? end.start() : end.end(), Optional.of(end.at()), List.of()));
  }

  /**
   * PostgreSQL stops at the first restore point of the name after the backup. Where that would not
   * be the newest of the name, the newest is asked for by its position.
   */
  private RestorePlan toName(
      RestoreRequest request, TimelineHistory history, List<Completed> usable, String name) {
    List<Found> points = finder.restorePoints(history, usable.getFirst().info().startLsn(), name);
    if (points.isEmpty()) {
      throw unreachable(
          "there is no restore point '%s' in the archived WAL that the backups on this timeline"
                  .formatted(name)
              + " can replay",
          "`tidemark wal list` shows the restore points");
    }
    Found point = points.getLast();
    Completed backup =
        newest(
            usable,
            b -> !b.info().stopLsn().isAfter(point.start()),
            "restore point '%s', made at %s,".formatted(name, point.at()),
            "LSN " + usable.getFirst().info().stopLsn());
    requireGapless(history, backup, point.end());
    long matches =
        points.stream().filter(p -> p.start().isAtLeast(backup.info().stopLsn())).count();
    Reach reach =
        new Reach(
            point.end(),
            Optional.of(point.at()),
            matches > 1
                ? List.of("%d restore points have this name: takes the newest".formatted(matches))
                : List.of());
    return plan(
        request,
        history,
        backup,
        matches > 1
            ? Map.of(
                "recovery_target_lsn", point.start().toString(), "recovery_target_inclusive", "on")
            : Map.of("recovery_target_name", name),
        reach);
  }

  private static Map<String, String> targetSettings(
      RestoreRequest request, String name, String value) {
    return Map.of(name, value, "recovery_target_inclusive", request.exclusive() ? "off" : "on");
  }

  // Coverage

  /** The end of what is archived along a history, gaps or not. */
  private Lsn endOf(TimelineHistory history) {
    return inventory
        .of(history.timeline())
        .flatMap(WalInventory.TimelineInventory::frontier)
        .orElse(history.start());
  }

  /** Checks that replay from the backup comes to {@code to}. */
  private void requireGapless(TimelineHistory history, Completed backup, Lsn to) {
    Lsn needed = Lsn.max(to, backup.info().stopLsn());
    Lsn reachable = inventory.reachableFrom(history, backup.info().startLsn());
    if (reachable.isAtLeast(needed)) {
      return;
    }
    Optional<WalGap> gap = inventory.firstGap(history, backup.info().startLsn(), needed);
    if (gap.isPresent()) {
      throw gapError(backup, gap.get());
    }
    throw unreachable(
        "the archive ends at " + reachable + ", before " + needed,
        "the last restorable position is "
            + reachable
            + "; restore to the end of the archive by giving no target");
  }

  private static TidemarkException gapError(Completed backup, WalGap gap) {
    return new TidemarkException(
        ErrorCode.WAL_GAP,
        "a gap in the archived WAL, from %s to %s of timeline %s, lies between backup %s and the"
                .formatted(gap.from(), gap.to(), gap.timeline(), backup.name())
            + " target: "
            + gap.reason(),
        "restore to before it with --lsn "
            + gap.from()
            + ", or begin with a backup that was taken after it");
  }

  // Results

  private record Reach(Lsn lsn, Optional<Instant> time, List<String> notes) {}

  private Reach lastRecord(TimelineHistory history, Completed backup) {
    Optional<Lsn> last = finder.lastRecordStart(history, backup.info().startLsn());
    return new Reach(
        Lsn.max(last.orElse(backup.info().stopLsn()), backup.info().stopLsn()),
        finder.lastEnd(history, backup.info().startLsn()).map(Found::at),
        last.isEmpty() ? List.of("no record was found after the backup") : List.of());
  }

  private RestorePlan plan(
      RestoreRequest request,
      TimelineHistory history,
      Completed backup,
      Map<String, String> recoveryTarget,
      Reach reach) {
    return new RestorePlan(
        request,
        backup.info(),
        backup.totals(),
        history,
        recoveryTarget,
        Lsn.max(reach.lsn(), backup.info().stopLsn()),
        inventory.reachableFrom(history, backup.info().startLsn()),
        reach.time(),
        new ArrayList<>(reach.notes()));
  }

  private static TidemarkException unreachable(String found, String hint) {
    return new TidemarkException(ErrorCode.TARGET_UNREACHABLE, found, hint);
  }
}
