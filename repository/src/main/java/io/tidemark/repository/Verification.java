package io.tidemark.repository;

import io.tidemark.postgres.Lsn;
import io.tidemark.postgres.Timeline;
import io.tidemark.postgres.TimelineHistory;
import io.tidemark.repository.BackupEntry.Completed;
import io.tidemark.repository.BackupEntry.Damaged;
import io.tidemark.repository.BackupEntry.Unfinished;
import io.tidemark.repository.WalInventory.TimelineInventory;
import io.tidemark.store.ObjectInfo;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * Reads a cluster's part of a repository from the first object to the last, and says what of it
 * could not be restored.
 */
public final class Verification {
  private final ClusterRepository repository;
  private final VerificationOptions options;
  private final Part part;

  public Verification(ClusterRepository repository, VerificationOptions options) {
    this.repository = repository;
    this.options = options;
    this.part = repository.backups().part();
  }

  /** Is told how far it has come; from several threads. */
  public interface Progress {
    /**
     * Takes what was read by now.
     *
     * @param bytesDone of what is stored
     * @param bytesInAll to be read
     */
    void at(long bytesDone, long bytesInAll);
  }

  /**
   * Verifies. Damage is in the result.
   *
   * @throws io.tidemark.store.StoreException where the store does not answer: then nothing is known
   */
  public VerificationResult run(Progress progress) {
    List<BackupEntry> backups = repository.backups().list();
    VerificationLog log = new VerificationLog(objects(), progress);
    if (options.backups()) {
      verifyBackups(backups, log);
    }
    if (options.wal()) {
      new WalVerifier(part, repository.wal(), options, log).verify();
    }
    // As it is now: expiry may have removed what was there, and the archiver tails.
    WalInventory wal = repository.wal().inventory();
    if (options.wal()) {
      log.forget(0, finding -> new RemovedMeanwhile(part, wal).isGone(finding.key()));
      gaps(wal, log);
    }
    neededWal(backups, wal, log);
    unknown(log);
    return log.result();
  }

  private List<ObjectInfo> objects() {
    List<ObjectInfo> objects = new ArrayList<>();
    if (options.backups()) {
      add(part.keys().backups(), objects);
    }
    if (options.wal()) {
      add(part.keys().timelines(), objects);
    }
    return objects;
  }

  private void add(String prefix, List<ObjectInfo> objects) {
    try (Stream<ObjectInfo> listed = part.store().list(prefix)) {
      listed.forEach(objects::add);
    }
  }

  private void verifyBackups(List<BackupEntry> backups, VerificationLog log) {
    BackupVerifier verifier = new BackupVerifier(part, repository.backups(), options, log);
    List<BackupName> read = new ArrayList<>();
    for (BackupEntry backup : backups) {
      log.done(part.keys().backupBegan(backup.name()));
      int found = log.findings();
      switch (backup) {
        case Completed completed -> {
          if (verifier.verify(completed)) {
            read.add(completed.name());
          }
        }
        case Unfinished unfinished ->
            log.info(
                part.keys().backupBegan(unfinished.name()),
                "this backup never finished, or is under way: it began at "
                    + unfinished.began()
                    + " by "
                    + unfinished.writer());
        case Damaged damaged ->
            log.error(
                part.keys().manifest(damaged.name()),
                damaged.what(),
                "restore from another backup; take a new one");
      }
      forgetIfRemoved(backup.name(), found, log);
    }
    read.forEach(verifier::orphans);
  }

  private void forgetIfRemoved(BackupName backup, int findingsBefore, VerificationLog log) {
    if (log.findings() > findingsBefore && RemovedMeanwhile.isGone(part, backup)) {
      log.forget(findingsBefore, _ -> true);
      log.info(part.keys().manifest(backup), "this backup was removed while it was read");
    }
  }

  private void gaps(WalInventory wal, VerificationLog log) {
    for (TimelineInventory timeline : wal.timelines()) {
      for (WalGap gap : timeline.gaps()) {
        log.warning(
            part.keys().timeline(timeline.timeline()),
            "WAL is missing from " + gap.from() + " to " + gap.to() + ": " + gap.reason(),
            "no recovery can cross it: there must be a backup after it");
      }
    }
    for (String remark : wal.remarks()) {
      log.warning(part.keys().timelines(), remark, "find out who put it there, or took it away");
    }
  }

  /** A backup is worth nothing without the WAL from its start to its stop. */
  private void neededWal(List<BackupEntry> backups, WalInventory wal, VerificationLog log) {
    for (BackupEntry backup : backups) {
      if (backup instanceof Completed(BackupInfo info, BackupTotals _)) {
        Timeline timeline = info.timeline();
        TimelineHistory history =
            wal.of(timeline)
                .map(TimelineInventory::history)
                .orElseGet(() -> TimelineHistory.root(timeline));
        Lsn reach = wal.reachableFrom(history, info.startLsn());
        if (reach.isBefore(info.stopLsn()) && !RemovedMeanwhile.isGone(part, info.name())) {
          log.error(
              part.keys().manifest(info.name()),
              "it needs WAL from "
                  + info.startLsn()
                  + " to "
                  + info.stopLsn()
                  + " of timeline "
                  + timeline
                  + ", and the archive has it only up to "
                  + reach,
              "restore from another backup; take a new one");
        }
      }
    }
  }

  /** What is left belongs to nothing. */
  private void unknown(VerificationLog log) {
    for (String key : log.rest()) {
      boolean unfinished = key.contains("/packs/");
      log.info(
          key,
          unfinished
              ? "it belongs to a backup that is not complete"
              : "it is nothing of this repository's format, or came while it was read");
    }
  }
}
