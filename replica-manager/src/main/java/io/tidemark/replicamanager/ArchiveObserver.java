package io.tidemark.replicamanager;

import io.tidemark.config.TidemarkException;
import io.tidemark.repository.BackupEntry;
import io.tidemark.repository.ClusterRepository;
import java.time.Duration;
import java.time.Instant;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Looks into a cluster's part of the repository for its replicas, which share one. That costs
 * requests, so an answer counts for half a minute, and that there is a backup for ten minutes. Safe
 * for use by many threads.
 */
public final class ArchiveObserver {
  private static final Duration COUNTS_FOR = Duration.ofSeconds(30);
  private static final Duration FAILURE_COUNTS_FOR = Duration.ofSeconds(5);
  private static final Duration BACKUP_COUNTS_FOR = Duration.ofMinutes(10);

  private final Supplier<ClusterRepository> repository;
  private @Nullable ArchiveView last;
  private long countsUntilNanos;
  private boolean hasBackup;
  private long backupCountsUntilNanos;

  /**
   * @param repository opens it, or throws TidemarkException; asked again at each look
   */
  public ArchiveObserver(Supplier<ClusterRepository> repository) {
    this.repository = repository;
  }

  /** What it has, now or a moment ago. */
  public synchronized ArchiveView look() {
    ArchiveView known = last;
    long now = System.nanoTime();
    if (known != null && now - countsUntilNanos < 0) {
      return known;
    }
    ArchiveView seen = ask(now);
    boolean failed = seen instanceof ArchiveView.Unknown;
    countsUntilNanos = now + (failed ? FAILURE_COUNTS_FOR : COUNTS_FOR).toNanos();
    last = seen;
    return seen;
  }

  /** The next look asks again. */
  public synchronized void forget() {
    last = null;
    hasBackup = false;
  }

  private ArchiveView ask(long now) {
    try {
      ClusterRepository open = repository.get();
      return new ArchiveView.Known(
          Instant.now(), open.identity().systemId(), hasBackup(open, now), open.wal().inventory());
    } catch (TidemarkException e) {
      return new ArchiveView.Unknown(e.getMessage());
    }
  }

  private boolean hasBackup(ClusterRepository open, long now) {
    if (!hasBackup || now - backupCountsUntilNanos > 0) {
      hasBackup = open.backups().list().stream().anyMatch(BackupEntry.Completed.class::isInstance);
      backupCountsUntilNanos = now + BACKUP_COUNTS_FOR.toNanos();
    }
    return hasBackup;
  }
}
