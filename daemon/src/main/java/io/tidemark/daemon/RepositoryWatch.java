package io.tidemark.daemon;

import io.tidemark.config.TidemarkException;
import io.tidemark.repository.ClusterRepository;
import java.time.Duration;
import java.time.Instant;
import java.util.OptionalLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Opens a cluster's part of the repository as soon as that can be done, looks into it every minute,
 * and asks for the backup that is due by what it finds there.
 */
final class RepositoryWatch implements Loop.Step {
  private static final Logger LOG = LoggerFactory.getLogger(RepositoryWatch.class);
  private static final Duration LOOK_EVERY = Duration.ofMinutes(1);
  private static final Duration MEASURE_EVERY = Duration.ofHours(1);
  private static final Duration RETRY_AFTER = Duration.ofSeconds(5);

  private final RepositoryDoor door;
  private final Vitals vitals;
  private final BackupTask backups;
  private final Runnable startBackup;
  private final Complaint complaint;
  private OptionalLong walBytes = OptionalLong.empty();
  private long measuredAtNanos;

  /**
   * @param startBackup lets the backup task run now, elsewhere
   */
  RepositoryWatch(RepositoryDoor door, Vitals vitals, BackupTask backups, Runnable startBackup) {
    this.door = door;
    this.vitals = vitals;
    this.backups = backups;
    this.startBackup = startBackup;
    this.complaint = new Complaint(LOG, vitals.cluster.name() + ": the repository");
  }

  @Override
  public Duration take() throws InterruptedException {
    try {
      ClusterRepository repository = door.open();
      CatalogueView view = CatalogueView.look(repository, walBytes(repository));
      vitals.catalogue = view;
      vitals.repositoryFailure = null;
      complaint.works();
      if (backups.wants(view, Instant.now())) {
        startBackup.run();
      }
      return LOOK_EVERY;
    } catch (TidemarkException e) {
      if (Thread.interrupted()) {
        throw new InterruptedException();
      }
      vitals.repositoryFailure = e;
      complaint.fails(e);
      return RETRY_AFTER;
    }
  }

  private OptionalLong walBytes(ClusterRepository repository) {
    long now = System.nanoTime();
    if (walBytes.isEmpty() || now - measuredAtNanos > MEASURE_EVERY.toNanos()) {
      walBytes = OptionalLong.of(CatalogueView.walBytes(repository));
      measuredAtNanos = now;
    }
    return walBytes;
  }
}
