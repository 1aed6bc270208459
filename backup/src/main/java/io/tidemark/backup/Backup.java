package io.tidemark.backup;

import io.tidemark.config.ErrorCode;
import io.tidemark.config.TidemarkException;
import io.tidemark.postgres.BackupLabel;
import io.tidemark.postgres.ControlFile;
import io.tidemark.postgres.ControlFileReader;
import io.tidemark.postgres.DataDirectory;
import io.tidemark.postgres.Lsn;
import io.tidemark.postgres.PageVerifier;
import io.tidemark.postgres.PostgresSession;
import io.tidemark.repository.BackupEntry;
import io.tidemark.repository.BackupFile;
import io.tidemark.repository.BackupInfo;
import io.tidemark.repository.BackupName;
import io.tidemark.repository.BackupTotals;
import io.tidemark.repository.BackupWriter;
import io.tidemark.repository.ClusterRepository;
import io.tidemark.repository.Frame;
import io.tidemark.repository.LeaseKeeper;
import io.tidemark.repository.Manifest;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes a full base backup of a running cluster from its data directory: the server may be a
 * primary or a standby. Nothing that it stores counts until the manifest, which is put last.
 */
public final class Backup {
  /** The lease that a backup holds, so that no two of one cluster run at once. */
  public static final String LEASE = "backup";

  private static final Logger LOG = LoggerFactory.getLogger(Backup.class);
  private static final Duration LEASE_TTL = Duration.ofMinutes(2);

  private final ClusterRepository repository;
  private final PostgresSession session;
  private final Path dataDirectory;
  private final BackupOptions settings;
  private final BackupProgress progress;

  /**
   * @param session an ordinary session on the server whose files are copied; the backup owns it
   *     while it runs, because the backup ends when the session does
   * @param dataDirectory the server's data directory, readable on this machine
   */
  public Backup(
      ClusterRepository repository,
      PostgresSession session,
      Path dataDirectory,
      BackupOptions settings,
      BackupProgress progress) {
    this.repository = repository;
    this.session = session;
    this.dataDirectory = dataDirectory;
    this.settings = settings;
    this.progress = progress;
  }

  /**
   * Takes one backup, or goes on with an interrupted one: what is stored already is read and
   * compared again, and not stored again.
   *
   * @throws TidemarkException LEASE_HELD, WRONG_CLUSTER, BACKUP_FAILED, and what session and store
   *     throw
   */
  public BackupResult run() {
    Instant began = Instant.now();
    try (LeaseKeeper lease = LeaseKeeper.acquire(repository.leases(), LEASE, LEASE_TTL)) {
      ControlFile cluster = requireSameCluster();
      progress.step("waiting for the checkpoint");
      Instant startTime = session.now();
      Lsn start = session.backupStart("tidemark", settings.fastCheckpoint());
      BackupWriter writer = beginOrResume(startTime, cluster, start);
      PageReader pages = new PageReader(verifier(cluster, start));
      AtomicLong reused = new AtomicLong();
      Copied copied = copy(writer, cluster, pages, reused);
      var stop = session.backupStop(false);
      Instant stopTime = session.now();
      List<DamagedPage> damaged = pages.damagedPages(stop.lsn());
      refuseDamage(damaged);
      BackupInfo info =
          info(
              writer.name(),
              cluster,
              BackupLabel.parse(stop.backupLabel()),
              stop.lsn(),
              startTime,
              stopTime);
      waitForWal(info);
      lease.requireHeld();
      progress.step("writing the manifest");
      BackupTotals totals =
          writer.complete(manifest(info, copied, stop.backupLabel(), stop.tablespaceMap()));
      return new BackupResult(
          info,
          totals,
          reused.get(),
          Duration.between(began, Instant.now()),
          damaged,
          copied.listing().leftOut());
    }
  }

  /** What was copied: the listing, and the files as they are stored. */
  private record Copied(SourceListing listing, List<BackupFile> files) {}

  private ControlFile requireSameCluster() {
    ControlFile local = ControlFileReader.read(dataDirectory);
    if (!local.systemId().equals(session.systemIdentifier())) {
      throw new TidemarkException(
          ErrorCode.WRONG_CLUSTER,
          "the server has system identifier %s, but %s belongs to %s"
              .formatted(session.systemIdentifier(), dataDirectory, local.systemId()),
          "set data-directory to the directory that SHOW data_directory gives, on this machine");
    }
    repository.requireSystemId(local.systemId());
    return local;
  }

  private BackupWriter beginOrResume(Instant startTime, ControlFile cluster, Lsn start) {
    Optional<BackupEntry.Unfinished> interrupted =
        repository.backups().list().stream()
            .filter(BackupEntry.Unfinished.class::isInstance)
            .map(BackupEntry.Unfinished.class::cast)
            .reduce((_, later) -> later);
    if (interrupted.isPresent()) {
      LOG.info("goes on with {}, which was interrupted", interrupted.get().name());
      return repository.backups().resume(interrupted.get());
    }
    return repository.backups().begin(BackupName.full(startTime), cluster.timeline(), start);
  }

  private Optional<PageVerifier> verifier(ControlFile cluster, Lsn start) {
    return settings.verifyPageChecksums() && cluster.hasDataChecksums()
        ? Optional.of(new PageVerifier(start, cluster.blockSize()))
        : Optional.empty();
  }

  private Copied copy(
      BackupWriter writer, ControlFile cluster, PageReader pages, AtomicLong reused) {
    progress.step("listing the data directory");
    SourceListing listing = SourceLister.list(dataDirectory, new DataDirectory(cluster.major()));
    progress.listed(listing.files().size(), listing.bytes());
    progress.step("copying");
    CopyWorkers workers = new CopyWorkers(writer, pages, progress, reused);
    List<BackupFile> files = new ArrayList<>();
    for (FileCopy copy :
        workers.copy(
            listing.files().stream().filter(Backup::isNotControlFile).toList(),
            settings.parallel())) {
      copy.result().ifPresent(files::add);
    }
    files.add(copyControlFile(writer, reused));
    return new Copied(listing, files);
  }

  private static boolean isNotControlFile(SourceFile file) {
    return !file.path().equals(ControlFile.PATH);
  }

  /**
   * pg_control goes last: on a standby its minimum recovery point says how far replay must come to
   * make everything copied before consistent.
   */
  private BackupFile copyControlFile(BackupWriter writer, AtomicLong reused) {
    byte[] bytes = ControlFileReader.readBytes(dataDirectory);
    try (FileCopier copier =
        new FileCopier(writer, new PageReader(Optional.empty()), progress, reused)) {
      Frame frame = copier.store(ControlFile.PATH, ByteBuffer.wrap(bytes));
      copier.finish();
      progress.copied(bytes.length);
      return new BackupFile(
          ControlFile.PATH, bytes.length, 0600, Instant.now(), frame.crc32c(), List.of(frame));
    }
  }

  private void refuseDamage(List<DamagedPage> damaged) {
    damaged.forEach(
        page -> LOG.error("damaged page {} of {}: {}", page.block(), page.path(), page.reason()));
    if (settings.failOnDamage() && !damaged.isEmpty()) {
      throw new TidemarkException(
          ErrorCode.BACKUP_FAILED,
          "%d damaged pages, the first is page %d of %s: %s"
              .formatted(
                  damaged.size(),
                  damaged.getFirst().block(),
                  damaged.getFirst().path(),
                  damaged.getFirst().reason()),
          "check the disk; backup.on-damage: warn takes the backup with the damage reported");
    }
  }

  private BackupInfo info(
      BackupName name,
      ControlFile cluster,
      BackupLabel label,
      Lsn stop,
      Instant startTime,
      Instant stopTime) {
    return new BackupInfo(
        name,
        cluster.systemId(),
        cluster.major().number(),
        cluster.major().catalogVersion(),
        cluster.blockSize(),
        cluster.walSegmentSize(),
        label.timeline(),
        label.start(),
        label.checkpoint(),
        stop,
        startTime,
        stopTime,
        label.fromStandby(),
        cluster.hasDataChecksums(),
        Optional.empty());
  }

  /** A backup is worth nothing without the WAL from its start to its stop. */
  private void waitForWal(BackupInfo info) {
    progress.step("waiting for the archive to hold WAL up to " + info.stopLsn());
    if (settings.switchWal() && !session.isInRecovery()) {
      session.switchWal();
    }
    new WalWait(repository.wal(), settings.walTimeout()).await(info);
  }

  private static Manifest manifest(
      BackupInfo info, Copied copied, String backupLabel, String tablespaceMap) {
    return new Manifest(
        info,
        BackupTotals.of(info.name(), copied.files()),
        backupLabel,
        tablespaceMap,
        List.of(),
        copied.listing().directories(),
        copied.files());
  }
}
