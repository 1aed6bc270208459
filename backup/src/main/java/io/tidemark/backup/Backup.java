package io.tidemark.backup;

import io.tidemark.config.ErrorCode;
import io.tidemark.config.TidemarkException;
import io.tidemark.postgres.BackupLabel;
import io.tidemark.postgres.BackupStop;
import io.tidemark.postgres.ControlFile;
import io.tidemark.postgres.ControlFileReader;
import io.tidemark.postgres.DataDirectory;
import io.tidemark.postgres.FileMode;
import io.tidemark.postgres.Lsn;
import io.tidemark.postgres.PageVerifier;
import io.tidemark.postgres.PostgresSession;
import io.tidemark.postgres.TablespaceMap;
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
import io.tidemark.store.Bandwidth;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Collectors;
import java.util.stream.Stream;
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

  /** The rest is in the result, or only counted. */
  private static final int MAX_LOGGED_PAGES = 20;

  private final ClusterRepository repository;
  private final PostgresSession session;
  private final BackupSource source;
  private final BackupOptions options;
  private final BackupProgress progress;

  /**
   * @param session an ordinary session on the server whose files are copied; the backup owns it
   *     while it runs, and a backup that fails leaves it unusable for another: close it
   * @param dataDirectory the server's data directory, readable on this machine
   */
  public Backup(
      ClusterRepository repository,
      PostgresSession session,
      Path dataDirectory,
      BackupOptions options,
      BackupProgress progress) {
    this.repository = repository;
    this.session = session;
    this.source = new BackupSource(session, dataDirectory);
    this.options = options;
    this.progress = progress;
  }

  /**
   * Takes one backup, or goes on with an interrupted one: what is stored already is read and
   * compared again, and not stored again.
   *
   * @throws TidemarkException LEASE_HELD, WRONG_CLUSTER, BACKUP_FAILED, WAL_GAP, TIMED_OUT, and
   *     what session and store throw
   */
  public BackupResult run() {
    Instant began = Instant.now();
    try (LeaseKeeper lease = LeaseKeeper.acquire(repository.leases(), LEASE, LEASE_TTL)) {
      ControlFile cluster = source.requireSameCluster();
      repository.requireSystemId(cluster.systemId());
      progress.step("waiting for the checkpoint");
      Instant startTime = session.now();
      Lsn start = source.start(options.fastCheckpoint());
      BackupWriter writer = beginOrResume(startTime, cluster, start);
      PageReader pages = new PageReader(verifier(cluster, start));
      AtomicLong reused = new AtomicLong();
      Copied copied = copy(writer, cluster, pages, reused, lease);
      BackupStop stop = source.stop();
      Instant stopTime = session.now();
      Damages damages = pages.damages();
      damages.judge(stop.lsn());
      report(damages);
      BackupInfo info = info(writer.name(), cluster, stop, startTime, stopTime);
      waitForWal(info);
      lease.requireHeld();
      progress.step("writing the manifest");
      BackupTotals totals = writer.complete(manifest(info, copied, stop));
      return new BackupResult(
          info,
          totals,
          reused.get(),
          Duration.between(began, Instant.now()),
          damages.pages(),
          damages.count(),
          copied.listing().leftOut());
    }
  }

  /** What was copied: the listing, and the files as they are stored. */
  private record Copied(SourceListing listing, List<BackupFile> files) {}

  /** The lease says that nobody goes on with it any more. */
  private BackupWriter beginOrResume(Instant startTime, ControlFile cluster, Lsn start) {
    List<BackupEntry> known = repository.backups().list();
    Optional<BackupEntry.Unfinished> interrupted =
        known.stream()
            .filter(BackupEntry.Unfinished.class::isInstance)
            .map(BackupEntry.Unfinished.class::cast)
            .reduce((_, later) -> later);
    if (interrupted.isPresent()) {
      LOG.info("goes on with {}, which was interrupted", interrupted.get().name());
      return repository.backups().resume(interrupted.get());
    }
    return repository.backups().begin(unusedName(startTime, known), cluster.timeline(), start);
  }

  /** Names tell seconds: of two backups in one second the later gets the next. */
  private static BackupName unusedName(Instant startTime, List<BackupEntry> known) {
    Set<BackupName> used = known.stream().map(BackupEntry::name).collect(Collectors.toSet());
    return Stream.iterate(startTime, time -> time.plusSeconds(1))
        .map(BackupName::full)
        .filter(name -> !used.contains(name))
        .findFirst()
        .orElseThrow();
  }

  private Optional<PageVerifier> verifier(ControlFile cluster, Lsn start) {
    return options.verifyPageChecksums() && cluster.hasDataChecksums()
        ? Optional.of(new PageVerifier(start, cluster.blockSize()))
        : Optional.empty();
  }

  private Copied copy(
      BackupWriter writer,
      ControlFile cluster,
      PageReader pages,
      AtomicLong reused,
      LeaseKeeper lease) {
    progress.step("listing the data directory");
    SourceListing listing =
        SourceLister.list(source.dataDirectory(), new DataDirectory(cluster.major()));
    progress.listed(listing.files().size(), listing.bytes());
    progress.step("copying");
    Bandwidth bandwidth =
        options.readBytesPerSecond().isPresent()
            ? Bandwidth.bytesPerSecond(options.readBytesPerSecond().getAsLong())
            : Bandwidth.unlimited();
    try (BackupGuard guard = new BackupGuard(session, lease)) {
      CopyContext context =
          new CopyContext(writer, pages, progress, reused, bandwidth, guard::require);
      return new Copied(listing, copyAll(listing, context));
    }
  }

  private List<BackupFile> copyAll(SourceListing listing, CopyContext context) {
    List<SourceFile> plain =
        listing.files().stream().filter(file -> !file.path().equals(ControlFile.PATH)).toList();
    List<BackupFile> files = new ArrayList<>();
    for (FileCopy copy : CopyWorkers.copy(plain, options.parallel(), context)) {
      copy.result().ifPresent(files::add);
    }
    files.add(copyControlFile(context));
    return files;
  }

  /**
   * pg_control goes last: on a standby its minimum recovery point says how far replay must come to
   * make everything copied before consistent.
   */
  private BackupFile copyControlFile(CopyContext context) {
    byte[] bytes = ControlFileReader.readBytes(source.dataDirectory());
    Path path = source.dataDirectory().resolve(ControlFile.PATH);
    try (FileCopier copier = new FileCopier(context)) {
      int mode = FileMode.of(Files.getPosixFilePermissions(path));
      Frame frame = copier.store(ControlFile.PATH, ByteBuffer.wrap(bytes));
      copier.finish();
      progress.copied(bytes.length);
      return new BackupFile(
          ControlFile.PATH, bytes.length, mode, Instant.now(), frame.crc32c(), List.of(frame));
    } catch (IOException e) {
      throw new TidemarkException(
          ErrorCode.LOCAL_IO, "cannot read the mode of " + path + ": " + e, "", e);
    }
  }

  private void report(Damages damages) {
    List<DamagedPage> pages = damages.pages();
    pages.stream()
        .limit(MAX_LOGGED_PAGES)
        .forEach(
            page ->
                LOG.error("damaged page {} of {}: {}", page.block(), page.path(), page.reason()));
    if (pages.size() > MAX_LOGGED_PAGES) {
      LOG.error("there are {} damaged pages in all", damages.count());
    }
    if (options.failOnDamage() && !pages.isEmpty()) {
      DamagedPage first = pages.getFirst();
      throw new TidemarkException(
          ErrorCode.BACKUP_FAILED,
          "%d damaged pages, the first is page %d of %s: %s"
              .formatted(damages.count(), first.block(), first.path(), first.reason()),
          "check the disk; backup.on-damage: warn takes the backup with the damage reported");
    }
  }

  private BackupInfo info(
      BackupName name, ControlFile cluster, BackupStop stop, Instant startTime, Instant stopTime) {
    BackupLabel label = BackupLabel.parse(stop.backupLabel());
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
        stop.lsn(),
        startTime,
        stopTime,
        label.fromStandby(),
        cluster.hasDataChecksums(),
        Optional.empty(),
        source.owner());
  }

  /** A backup is worth nothing without the WAL from its start to its stop. */
  private void waitForWal(BackupInfo info) {
    progress.step("waiting for the archive to hold WAL up to " + info.stopLsn());
    if (options.switchWal() && !session.isInRecovery()) {
      session.switchWal();
    }
    new WalWait(repository.wal(), options.walTimeout()).await(info);
  }

  private static Manifest manifest(BackupInfo info, Copied copied, BackupStop stop) {
    TablespaceMap map = TablespaceMap.parse(stop.tablespaceMap());
    ReplayedTablespaces replayed = ReplayedTablespaces.of(copied.listing(), map);
    List<BackupFile> files =
        copied.files().stream().filter(file -> !replayed.holds(file.path())).toList();
    return new Manifest(
        info,
        BackupTotals.of(info.name(), files),
        stop.backupLabel(),
        stop.tablespaceMap(),
        map.tablespaces().stream()
            .map(link -> new Manifest.Tablespace((int) link.oid(), link.directory()))
            .toList(),
        copied.listing().directories().stream()
            .filter(directory -> !replayed.holds(directory.path()))
            .toList(),
        files);
  }
}
