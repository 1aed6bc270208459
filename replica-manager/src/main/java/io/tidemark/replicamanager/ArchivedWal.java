package io.tidemark.replicamanager;

import io.tidemark.postgres.Lsn;
import io.tidemark.postgres.TimelineHistory;
import io.tidemark.repository.ClusterRepository;
import io.tidemark.repository.WalInventory;
import io.tidemark.restore.ArchiveTargetFinder;
import io.tidemark.restore.StopFinder;
import java.util.Optional;

/**
 * What a cluster's archive held when it was looked at, along its newest timeline.
 *
 * @param end of the archived WAL
 */
public record ArchivedWal(TimelineHistory history, Lsn end, StopFinder finder) {

  /** Looks; empty where nothing is archived yet. */
  public static Optional<ArchivedWal> of(ClusterRepository repository) {
    WalInventory inventory = repository.wal().inventory();
    return inventory
        .newest()
        .map(
            newest ->
                new ArchivedWal(
                    newest.history(),
                    newest.frontier().orElse(newest.history().start()),
                    new ArchiveTargetFinder(repository.search(inventory))));
  }
}
