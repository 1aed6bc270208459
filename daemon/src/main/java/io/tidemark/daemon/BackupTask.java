package io.tidemark.daemon;

import io.tidemark.backup.Backup;
import io.tidemark.backup.BackupProgress;
import io.tidemark.backup.BackupResult;
import io.tidemark.config.ErrorCode;
import io.tidemark.config.TidemarkException;
import io.tidemark.daemon.BackupDue.Last;
import io.tidemark.postgres.PostgresSession;
import io.tidemark.repository.BackupInfo;
import io.tidemark.repository.ClusterRepository;
import java.time.Instant;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.Semaphore;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes a cluster's scheduled backup if it is due, which is asked when the schedule fires and at
 * every look into the repository: so a missed run is caught up, and a failed one tried again.
 */
final class BackupTask implements Schedules.Task, AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(BackupTask.class);

  private final RepositoryDoor door;
  private final Vitals vitals;
  private final Optional<Cron> schedule;
  private final Semaphore room;
  private final Runnable afterwards;
  private volatile Tries tries = Tries.NONE;
  private volatile @Nullable Instant lastStarted;
  private volatile @Nullable PostgresSession session;
  private volatile boolean closed;

  /**
   * @param room of the process for one backup: two at once would break its memory budget
   * @param afterwards when a backup is complete
   */
  BackupTask(RepositoryDoor door, Vitals vitals, Semaphore room, Runnable afterwards) {
    this.door = door;
    this.vitals = vitals;
    this.schedule = vitals.cluster.backup().schedule().map(Cron::new);
    this.room = room;
    this.afterwards = afterwards;
  }

  /** Whether a backup should be begun now. */
  boolean wants(CatalogueView view, Instant now) {
    BackupDue due =
        BackupDue.decide(
            schedule,
            view.createdAt(),
            view.newest().map(e -> last(e.info())),
            view.lastGapEnd(),
            now);
    vitals.backupDue = due;
    return due instanceof BackupDue.Due
        && vitals.backupRunningSince == null
        && tries.mayTry(now)
        && !closed;
  }

  /** The server's clock may be behind: then this machine's time of the last run counts. */
  private Last last(BackupInfo newest) {
    Instant here = lastStarted;
    Instant started = here != null && here.isAfter(newest.startTime()) ? here : newest.startTime();
    return new Last(started, newest.startLsn());
  }

  @Override
  public void run() {
    ClusterRepository repository = door.ifOpen();
    if (repository == null || !room.tryAcquire()) {
      return;
    }
    Instant began = Instant.now();
    try {
      if (wants(CatalogueView.look(repository, OptionalLong.empty()), began)) {
        vitals.backupRunningSince = began;
        back(repository, began);
        afterwards.run();
      }
    } catch (TidemarkException e) {
      failed(e);
    } finally {
      vitals.backupRunningSince = null;
      room.release();
    }
  }

  private void back(ClusterRepository repository, Instant began) {
    LOG.info("{}: backup begins: {}", vitals.cluster.name(), vitals.backupDue);
    try (PostgresSession open = Wiring.backupSession(vitals.cluster)) {
      session = open;
      BackupResult result =
          new Backup(
                  repository,
                  open,
                  BackupCommand.dataDirectory(vitals.cluster, open),
                  BackupCommand.options(
                      vitals.cluster,
                      vitals.cluster.backup().parallel(),
                      vitals.cluster.backup().checkpoint()),
                  BackupProgress.NONE)
              .run();
      lastStarted = began;
      tries = Tries.NONE;
      vitals.backupFailure = null;
      vitals.damagedPages = result.damagedPages().size();
      LOG.info(
          "{}: backup {} is complete: {} files, {} bytes, {} stored, in {} s",
          vitals.cluster.name(),
          result.info().name(),
          result.totals().files(),
          result.totals().bytes(),
          result.totals().storedBytes(),
          result.took().toSeconds());
    } finally {
      session = null;
    }
  }

  private void failed(TidemarkException e) {
    String cluster = vitals.cluster.name();
    if (closed || e.code() == ErrorCode.INTERRUPTED || Thread.currentThread().isInterrupted()) {
      LOG.info("{}: backup interrupted; the next goes on with what is stored", cluster);
      return;
    }
    if (e.code() == ErrorCode.LEASE_HELD) {
      tries = tries.later(Instant.now());
      LOG.info("{}: no backup here: {}", cluster, e.getMessage());
      return;
    }
    tries = tries.failed(Instant.now());
    vitals.backupFailure = e;
    vitals.backupFailures.incrementAndGet();
    LOG.error(
        "{}: backup failed {} times, next try at {}: {}",
        cluster,
        tries.failures(),
        tries.notBefore(),
        e.explain());
  }

  /** Ends one that runs: without its session it cannot be completed. */
  @Override
  public void close() {
    closed = true;
    PostgresSession open = session;
    if (open != null) {
      open.close();
    }
  }
}
