package io.tidemark.restore;

import io.tidemark.config.ErrorCode;
import io.tidemark.config.TidemarkException;
import io.tidemark.postgres.Timeline;
import io.tidemark.postgres.TimelineHistory;
import io.tidemark.repository.BackupEntry.Completed;
import io.tidemark.repository.WalInventory;
import io.tidemark.repository.WalInventory.TimelineInventory;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * Decides how a target is reached: with which backup, along which timelines, over which WAL; or why
 * it cannot be, and what can. Nothing is written, and nothing but the finder does I/O.
 */
public final class RestorePlanner {
  private final List<Completed> backups;
  private final WalInventory inventory;
  private final TargetFinder finder;
  private final boolean storedOnly;

  /**
   * One way onto a timeline.
   *
   * @param backups those from which recovery can go along {@code history}, oldest first; at least
   *     one
   */
  record Way(TimelineHistory history, List<Completed> backups) {}

  /**
   * @param backups the completed ones, in any order
   * @param storedOnly whether nothing was acknowledged that lies behind WAL that is missing
   */
  public RestorePlanner(
      List<Completed> backups, WalInventory inventory, TargetFinder finder, boolean storedOnly) {
    // By their ends: one that was interrupted and resumed is younger than its name.
    this.backups =
        backups.stream().sorted(Comparator.comparing(backup -> backup.info().stopTime())).toList();
    this.inventory = inventory;
    this.finder = finder;
    this.storedOnly = storedOnly;
  }

  /**
   * Plans a restore.
   *
   * @throws TidemarkException TARGET_UNREACHABLE or WAL_GAP, saying what can be reached instead;
   *     USAGE
   */
  public RestorePlan plan(RestoreRequest request) {
    if (backups.isEmpty()) {
      throw unreachable("there is no completed backup", "take one with `tidemark backup`");
    }
    request.requireSense();
    List<Completed> candidates =
        request.backup().isPresent() ? List.of(requested(request)) : backups;
    TimelineHistory history = history(request.timeline(), candidates.getLast());
    Way way = way(history, candidates).orElseThrow(() -> noWay(history, candidates.getLast()));
    return new TargetPlanner(request, way, elsewhere(history), inventory, finder, storedOnly)
        .plan();
  }

  private Completed requested(RestoreRequest request) {
    return backups.stream()
        .filter(backup -> Optional.of(backup.name()).equals(request.backup()))
        .findFirst()
        .orElseThrow(
            () ->
                unreachable(
                    "there is no completed backup " + request.backup().orElseThrow(),
                    "there are " + backups.stream().map(Completed::name).toList()));
  }

  private TimelineHistory history(TimelineChoice choice, Completed newest) {
    Timeline ofBackup = newest.info().timeline();
    Timeline chosen =
        switch (choice) {
          case TimelineChoice.Given(Timeline timeline) -> timeline;
          case TimelineChoice.OfBackup() -> ofBackup;
          case TimelineChoice.Latest() ->
              inventory.newest().map(TimelineInventory::timeline).orElse(ofBackup);
        };
    return inventory
        .of(chosen)
        .map(TimelineInventory::history)
        .orElseThrow(
            () ->
                unreachable(
                    "the archive holds no WAL of timeline " + chosen,
                    "it knows the timelines "
                        + inventory.timelines().stream().map(TimelineInventory::timeline).toList()
                        + "; choose one with --timeline"));
  }

  private static Optional<Way> way(TimelineHistory history, List<Completed> candidates) {
    List<Completed> leading =
        candidates.stream()
            .filter(b -> history.leadsFrom(b.info().timeline(), b.info().stopLsn()))
            .toList();
    return leading.isEmpty() ? Optional.empty() : Optional.of(new Way(history, leading));
  }

  /** Where else a target may lie, for a message that helps. */
  private List<Way> elsewhere(TimelineHistory chosen) {
    return inventory.timelines().stream()
        .map(TimelineInventory::history)
        .filter(history -> !history.timeline().equals(chosen.timeline()))
        .flatMap(history -> way(history, backups).stream())
        .toList();
  }

  private static TidemarkException noWay(TimelineHistory history, Completed newest) {
    return unreachable(
        "no backup leads to timeline %s: %s is on timeline %s and ends at %s (%s), and the history of"
                .formatted(
                    history.timeline(),
                    newest.name(),
                    newest.info().timeline(),
                    newest.info().stopLsn(),
                    newest.info().stopTime())
            + " timeline %s, which begins at %s, does not pass there"
                .formatted(history.timeline(), history.start()),
        "choose another timeline with --timeline, such as `--timeline current` for the backup's"
            + " own, or take a backup on timeline "
            + history.timeline());
  }

  private static TidemarkException unreachable(String found, String hint) {
    return new TidemarkException(ErrorCode.TARGET_UNREACHABLE, found, hint);
  }
}
