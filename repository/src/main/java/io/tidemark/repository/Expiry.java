package io.tidemark.repository;

import io.tidemark.config.ErrorCode;
import io.tidemark.config.TidemarkException;
import io.tidemark.postgres.Timeline;
import io.tidemark.repository.ExpiryPlan.Decision;
import io.tidemark.repository.WalInventory.TimelineInventory;
import io.tidemark.store.ObjectInfo;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Removes what {@link Retention} decides, so that after an end at any point what is left is whole,
 * and the next run goes on: what makes the rest valid goes first.
 */
public final class Expiry {
  /** The lease that it holds. */
  public static final String LEASE = "expire";

  private static final Logger LOG = LoggerFactory.getLogger(Expiry.class);
  private static final Duration LEASE_TTL = Duration.ofMinutes(2);

  /** What a backup holds while it runs. */
  private static final String BACKUP_LEASE = "backup";

  private final ClusterRepository repository;
  private final RetentionPolicy policy;
  private final Part part;

  public Expiry(ClusterRepository repository, RetentionPolicy policy) {
    this.repository = repository;
    this.policy = policy;
    this.part = repository.backups().part();
  }

  /** What would be removed; removes nothing. */
  public ExpiryPlan plan(Instant now) {
    return Retention.plan(snapshot(), policy, now);
  }

  /**
   * Plans, and removes what the plan says.
   *
   * @param announce gets the plan before anything is removed; what it throws ends the run
   * @throws TidemarkException LEASE_HELD where another expiry runs
   */
  public ExpiryResult run(Instant now, Consumer<ExpiryPlan> announce) {
    try (LeaseKeeper lease = LeaseKeeper.acquire(repository.leases(), LEASE, LEASE_TTL)) {
      ExpiryPlan plan = plan(now);
      announce.accept(plan);
      Deletions deletions = new Deletions(part.store(), lease::requireHeld);
      WalExpiry wal = new WalExpiry(part, deletions);
      Set<BackupName> gone = new HashSet<>();
      if (plan.refusals().isEmpty()) {
        // A backup whose WAL or packs go must not look like one any more.
        plan.removed().forEach(backup -> invalidate(backup, deletions));
        gone.addAll(giveUpUnfinished(plan.unfinished(), deletions));
        plan.wal().forEach(wal::remove);
        gone.addAll(removeRests(deletions));
        plan.removed().forEach(backup -> gone.remove(backup.name()));
      }
      return new ExpiryResult(
          plan,
          plan.removed().size(),
          gone.size(),
          wal.segments(),
          deletions.objects(),
          deletions.bytes());
    }
  }

  /** First of all it must not look unfinished, or a backup that begins now would go on with it. */
  private void invalidate(Decision backup, Deletions deletions) {
    deletions.deleteNow(part.keys().backupBegan(backup.name()));
    deletions.deleteNow(part.keys().manifest(backup.name()));
  }

  /** Under the backup's own lease: nobody goes on with one of them at the same time. */
  private List<BackupName> giveUpUnfinished(List<Decision> unfinished, Deletions deletions) {
    List<BackupName> gone = new ArrayList<>();
    if (unfinished.isEmpty()) {
      return gone;
    }
    try (LeaseKeeper lease = LeaseKeeper.acquire(repository.leases(), BACKUP_LEASE, LEASE_TTL)) {
      for (Decision backup : unfinished) {
        lease.requireHeld();
        if (part.store().head(part.keys().manifest(backup.name())).isEmpty()) {
          deletions.deleteNow(part.keys().backupBegan(backup.name()));
          gone.add(backup.name());
        }
      }
    } catch (TidemarkException e) {
      if (e.code() != ErrorCode.LEASE_HELD) {
        throw e;
      }
      LOG.info("unfinished backups stay for now: {}", e.getMessage());
    }
    return gone;
  }

  /** What has neither manifest nor beginning is the rest of a backup that was removed. */
  private List<BackupName> removeRests(Deletions deletions) {
    List<BackupName> rests = new ArrayList<>(repository.backups().names());
    rests.removeAll(repository.backups().list().stream().map(BackupEntry::name).toList());
    rests.forEach(name -> deletions.deleteAll(part.keys().backup(name)));
    return rests;
  }

  private RetentionSnapshot snapshot() {
    // Leases first: a backup that begins later needs no WAL from before.
    List<LeaseInfo> leases = repository.leases().held();
    List<BackupEntry> backups = repository.backups().list();
    WalInventory wal = repository.wal().inventory();
    Map<Timeline, Instant> lastArchived = new HashMap<>();
    for (TimelineInventory timeline : wal.timelines()) {
      lastArchived(timeline.timeline()).ifPresent(at -> lastArchived.put(timeline.timeline(), at));
    }
    return new RetentionSnapshot(backups, wal, lastArchived, leases);
  }

  /** When the newest object of its newest log was put. */
  private Optional<Instant> lastArchived(Timeline timeline) {
    String prefix = part.keys().timeline(timeline);
    Optional<String> newestLog =
        part.store().children(prefix).stream()
            .filter(name -> name.matches("[0-9A-F]{8}/"))
            .max(Comparator.naturalOrder());
    if (newestLog.isEmpty()) {
      return Optional.empty();
    }
    try (Stream<ObjectInfo> objects = part.store().list(prefix + newestLog.get())) {
      return objects.map(ObjectInfo::modified).max(Comparator.naturalOrder());
    }
  }
}
