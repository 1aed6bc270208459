package io.tidemark.daemon;

import io.tidemark.daemon.ClusterStatus.Range;
import io.tidemark.postgres.Lsn;
import io.tidemark.postgres.TimelineHistory;
import io.tidemark.repository.BackupEntry.Completed;
import io.tidemark.repository.WalInventory;
import io.tidemark.repository.WalInventory.TimelineInventory;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** What can be restored to, along each timeline: from a backup's end as far as WAL goes on. */
final class RestorableRanges {
  private final WalInventory inventory;
  private final List<Completed> backups;
  private final LastTransaction lastTransaction;

  RestorableRanges(WalInventory inventory, List<Completed> backups, LastTransaction last) {
    this.inventory = inventory;
    this.backups = backups;
    this.lastTransaction = last;
  }

  /** The newest timeline first; of one timeline the latest range first. */
  List<Range> find() {
    List<Range> ranges = new ArrayList<>();
    for (TimelineInventory timeline : inventory.timelines().reversed()) {
      ranges.addAll(along(timeline.history()));
    }
    return List.copyOf(ranges);
  }

  /** Backups from which replay comes equally far make one range. */
  private List<Range> along(TimelineHistory history) {
    Map<Lsn, List<Completed>> byEnd = new TreeMap<>(Comparator.reverseOrder());
    for (Completed backup : backups) {
      Lsn reached = inventory.reachableFrom(history, backup.info().startLsn());
      boolean leadsHere = history.leadsFrom(backup.info().timeline(), backup.info().stopLsn());
      if (leadsHere && reached.isAtLeast(backup.info().stopLsn())) {
        byEnd.computeIfAbsent(reached, _ -> new ArrayList<>()).add(backup);
      }
    }
    return byEnd.entrySet().stream().map(e -> range(history, e.getKey(), e.getValue())).toList();
  }

  private Range range(TimelineHistory history, Lsn end, List<Completed> of) {
    Completed first =
        of.stream().min(Comparator.comparing(backup -> backup.info().stopLsn())).orElseThrow();
    return new Range(
        history.timeline(),
        first.info().stopTime(),
        first.info().stopLsn(),
        lastTransaction.before(history, first.info().startLsn(), end),
        end,
        of.size());
  }
}
