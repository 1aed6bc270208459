package io.tidemark.repository;

import io.tidemark.postgres.Timeline;
import java.time.Instant;
import java.util.List;
import java.util.Map;

/**
 * What there is, as retention sees it.
 *
 * @param lastArchived when the newest WAL of a timeline was put, by the store's clock; a timeline
 *     that is missing here counts as still in use
 * @param leases held now
 */
public record RetentionSnapshot(
    List<BackupEntry> backups,
    WalInventory wal,
    Map<Timeline, Instant> lastArchived,
    List<LeaseInfo> leases) {
  public RetentionSnapshot {
    backups = List.copyOf(backups);
    lastArchived = Map.copyOf(lastArchived);
    leases = List.copyOf(leases);
  }
}
