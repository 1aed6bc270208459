package io.tidemark.repository;

import io.tidemark.postgres.Lsn;
import io.tidemark.postgres.Timeline;
import io.tidemark.postgres.WalSegment;
import io.tidemark.repository.BackupEntry.Completed;
import io.tidemark.repository.BackupEntry.Damaged;
import io.tidemark.repository.BackupEntry.Unfinished;
import io.tidemark.repository.ExpiryPlan.Decision;
import io.tidemark.repository.ExpiryPlan.WalRemoval;
import io.tidemark.repository.WalInventory.Stretch;
import io.tidemark.repository.WalInventory.TimelineInventory;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Decides what a repository no longer needs. Pure: a snapshot in, a plan out. It keeps
 *
 * <ul>
 *   <li>every backup that stopped within the recovery window;
 *   <li>for every timeline that may hold a moment of the window, the newest backup before the
 *       window from which recovery comes as far along it as from any;
 *   <li>the newest usable full backups, as many as the policy says, and what any kept one refers
 *       to;
 *   <li>all WAL from each kept backup's start on, along every timeline that it leads to.
 * </ul>
 *
 * <p>Where it is not sure it keeps, and says why.
 */
public final class Retention {
  /** An interrupted backup can be resumed for so long. */
  static final Duration UNFINISHED_STAYS = Duration.ofHours(24);

  /** So far may clocks disagree. */
  static final Duration CLOCK_SKEW = Duration.ofMinutes(5);

  /** A cluster that nothing came from for so long is not judged by the clock any more. */
  private static final Duration SHORTEST_SILENCE = Duration.ofHours(24);

  private final RetentionSnapshot snapshot;
  private final RetentionPolicy policy;
  private final Instant now;
  private final Instant windowBegin;
  private final TimelineTree tree;
  private final List<BackupInfo> completed;
  private final List<Unfinished> unfinished;
  private final List<Damaged> damaged;
  private final List<String> notes = new ArrayList<>();

  /** Why each backup stays, in the order in which it was found out. */
  private final Map<BackupName, String> kept = new LinkedHashMap<>();

  private Retention(RetentionSnapshot snapshot, RetentionPolicy policy, Instant now) {
    this.snapshot = snapshot;
    this.policy = policy;
    this.now = now;
    this.windowBegin = now.minus(policy.recoveryWindow());
    this.tree = new TimelineTree(snapshot.wal(), snapshot.lastArchived());
    this.completed =
        only(Completed.class)
            .map(Completed::info)
            .sorted(Comparator.comparing(BackupInfo::name))
            .toList();
    this.unfinished = only(Unfinished.class).toList();
    this.damaged = only(Damaged.class).toList();
  }

  /** Decides. Both clocks, {@code now} and those of the snapshot, are compared first. */
  public static ExpiryPlan plan(RetentionSnapshot snapshot, RetentionPolicy policy, Instant now) {
    return new Retention(snapshot, policy, now).plan();
  }

  private <T extends BackupEntry> Stream<T> only(Class<T> kind) {
    return snapshot.backups().stream().filter(kind::isInstance).map(kind::cast);
  }

  private ExpiryPlan plan() {
    List<String> refusals = refusals();
    if (!refusals.isEmpty()) {
      return keepAll(refusals);
    }
    keepBackups();
    List<Decision> removed = new ArrayList<>();
    for (BackupInfo backup : completed) {
      if (!kept.containsKey(backup.name())) {
        removed.add(new Decision(backup.name(), "no moment that must stay restorable needs it"));
      }
    }
    List<Decision> rests = removeUnfinished();
    return new ExpiryPlan(
        windowBegin, keptInOrder(), removed, rests, removeWal(), List.of(), notes);
  }

  private ExpiryPlan keepAll(List<String> refusals) {
    snapshot.backups().forEach(backup -> keep(backup.name(), "nothing is removed at all"));
    return new ExpiryPlan(
        windowBegin, keptInOrder(), List.of(), List.of(), List.of(), refusals, notes);
  }

  private List<Decision> keptInOrder() {
    return kept.entrySet().stream()
        .map(each -> new Decision(each.getKey(), each.getValue()))
        .sorted(Comparator.comparing(Decision::name))
        .toList();
  }

  private void keep(BackupName name, String reason) {
    kept.putIfAbsent(name, reason);
  }

  private List<String> refusals() {
    List<String> refusals = new ArrayList<>();
    newestSeen()
        .ifPresent(
            newest -> {
              if (newest.isAfter(now.plus(CLOCK_SKEW))) {
                refusals.add(
                    "the newest backup or WAL is of "
                        + newest
                        + ", but now it is "
                        + now
                        + ": one of the clocks is wrong");
              } else if (newest.isBefore(now.minus(longestSilence()))) {
                refusals.add(
                    "nothing was backed up or archived since "
                        + newest
                        + ", and now it is "
                        + now
                        + ": either this clock is wrong, or this cluster is no more, and then what"
                        + " is left of it is removed by hand");
              }
            });
    if (!completed.isEmpty() && completed.stream().noneMatch(tree::isUsable)) {
      refusals.add("no backup is usable: of each, WAL between its start and its stop is missing");
    }
    for (Timeline timeline : tree.timelines()) {
      if (tree.isUnknown(timeline) && tree.mayHoldMomentsSince(timeline, edge())) {
        refusals.add(
            "the history of timeline "
                + timeline
                + " is not in the archive: which backups lead to it is not known");
      }
    }
    return refusals;
  }

  private Duration longestSilence() {
    return policy.recoveryWindow().compareTo(SHORTEST_SILENCE) > 0
        ? policy.recoveryWindow()
        : SHORTEST_SILENCE;
  }

  private Optional<Instant> newestSeen() {
    return Stream.of(
            completed.stream().map(BackupInfo::stopTime),
            unfinished.stream().map(Unfinished::began),
            snapshot.lastArchived().values().stream())
        .flatMap(times -> times)
        .max(Comparator.naturalOrder());
  }

  /** The store's clock, which says when WAL was put, may be off the server's so much. */
  private Instant edge() {
    return windowBegin.minus(Duration.ofHours(1));
  }

  private void keepBackups() {
    for (BackupInfo backup : completed) {
      if (!backup.stopTime().isBefore(windowBegin)) {
        keep(backup.name(), "it stopped within the recovery window");
      }
    }
    for (Timeline timeline : tree.timelines()) {
      if (tree.mayHoldMomentsSince(timeline, edge())) {
        anchor(timeline)
            .ifPresent(
                backup ->
                    keep(
                        backup.name(),
                        "the recovery window of timeline " + timeline + " begins after it"));
      }
    }
    completed.reversed().stream()
        .filter(backup -> backup.name().kind().equals("full"))
        .filter(tree::isUsable)
        .limit(policy.fulls())
        .forEach(
            backup ->
                keep(backup.name(), "it is one of the newest " + policy.fulls() + " usable fulls"));
    completed.reversed().stream()
        .filter(tree::isUsable)
        .limit(1)
        .forEach(backup -> keep(backup.name(), "it is the newest usable backup"));
    keepParents();
    for (Damaged backup : damaged) {
      keep(backup.name(), "it is damaged, and what it needs is not known: " + backup.what());
    }
  }

  /**
   * The newest backup before the window from which recovery along {@code timeline} comes as far as
   * from any: from it, every moment of the window is restorable that is from any earlier one.
   */
  private Optional<BackupInfo> anchor(Timeline timeline) {
    return completed.stream()
        .filter(backup -> backup.stopTime().isBefore(windowBegin))
        .filter(backup -> tree.leads(backup.timeline(), backup.stopLsn(), timeline))
        .max(
            Comparator.<BackupInfo, Lsn>comparing(backup -> tree.reach(backup, timeline))
                .thenComparing(BackupInfo::startLsn)
                .thenComparing(BackupInfo::name));
  }

  /** A parent's packs hold what its child did not copy again. */
  private void keepParents() {
    for (BackupInfo backup : completed.reversed()) {
      if (kept.containsKey(backup.name())) {
        backup.parent().ifPresent(parent -> keep(parent, backup.name() + " refers to its packs"));
      }
    }
  }

  private List<Decision> removeUnfinished() {
    boolean underWay = snapshot.leases().stream().anyMatch(lease -> lease.work().equals("backup"));
    List<Decision> removed = new ArrayList<>();
    for (Unfinished backup : unfinished) {
      if (underWay) {
        keep(backup.name(), "a backup is under way, perhaps this one");
      } else if (backup.began().isAfter(now.minus(UNFINISHED_STAYS))) {
        keep(backup.name(), "it is unfinished and can still be resumed");
      } else {
        removed.add(
            new Decision(backup.name(), "it never finished; it began at " + backup.began()));
      }
    }
    return removed;
  }

  /** Where some kept backup begins to need WAL. */
  private record Need(Timeline timeline, Lsn from) {}

  private List<WalRemoval> removeWal() {
    if (!damaged.isEmpty()) {
      notes.add(
          "no WAL is removed while "
              + damaged.getFirst().name()
              + " is damaged: put its manifest back from a copy, or remove its objects");
      return List.of();
    }
    List<Need> needs = new ArrayList<>();
    for (BackupInfo backup : completed) {
      if (kept.containsKey(backup.name())) {
        needs.add(new Need(backup.timeline(), backup.startLsn()));
      }
    }
    for (Unfinished backup : unfinished) {
      if (kept.containsKey(backup.name())) {
        needs.add(new Need(backup.timeline(), backup.startLsn()));
      }
    }
    return snapshot.wal().timelines().stream()
        .map(timeline -> removal(timeline, keepFrom(timeline.timeline(), needs)))
        .flatMap(Optional::stream)
        .toList();
  }

  /** The first byte of a timeline that must stay. */
  private Lsn keepFrom(Timeline timeline, List<Need> needs) {
    Optional<Lsn> reached =
        needs.stream()
            .map(need -> reached(timeline, need))
            .flatMap(Optional::stream)
            .min(Comparator.naturalOrder());
    Lsn oldest = needs.stream().map(Need::from).min(Comparator.naturalOrder()).orElse(Lsn.ZERO);
    // A parent's copy of a segment serves where the child's own is missing.
    Lsn asAncestor =
        needs.stream()
            .filter(need -> tree.isAncestor(timeline, need.timeline()))
            .map(Need::from)
            .min(Comparator.naturalOrder())
            .orElse(new Lsn(-1));
    if (reached.isPresent()) {
      return Lsn.min(reached.get(), asAncestor);
    }
    if (tree.isUnknown(timeline)) {
      notes.add("all WAL of timeline " + timeline + " stays: its history is not in the archive");
      return Lsn.ZERO;
    }
    if (tree.mayHoldMomentsSince(timeline, edge())) {
      notes.add(
          "all WAL of timeline "
              + timeline
              + " stays although no backup leads to it: it was written within the window");
      return Lsn.ZERO;
    }
    return tree.history(timeline).start().isAtLeast(oldest) ? Lsn.ZERO : oldest;
  }

  private Optional<Lsn> reached(Timeline timeline, Need need) {
    if (need.timeline().equals(timeline)) {
      return Optional.of(need.from());
    }
    return tree.leads(need.timeline(), need.from(), timeline)
        ? Optional.of(Lsn.ZERO)
        : Optional.empty();
  }

  private Optional<WalRemoval> removal(TimelineInventory timeline, Lsn keepFrom) {
    Lsn before =
        WalSegment.containing(timeline.timeline(), keepFrom, snapshot.wal().segmentSize()).start();
    long bytes = 0;
    for (Stretch stretch : timeline.stretches()) {
      if (stretch.from().isBefore(before)) {
        bytes += Lsn.min(stretch.to(), before).minus(stretch.from());
      }
    }
    boolean gap = timeline.gaps().stream().anyMatch(each -> before.isAtLeast(each.to()));
    return bytes > 0 || gap
        ? Optional.of(new WalRemoval(timeline.timeline(), before, bytes))
        : Optional.empty();
  }
}
