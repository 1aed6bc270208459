package io.tidemark.daemon;

import io.tidemark.config.ClusterSettings;
import io.tidemark.config.TidemarkException;
import io.tidemark.daemon.ClusterStatus.Archive;
import io.tidemark.daemon.ClusterStatus.BackupRow;
import io.tidemark.daemon.ClusterStatus.DamagedRow;
import io.tidemark.daemon.ClusterStatus.Gap;
import io.tidemark.daemon.ClusterStatus.LeaseRow;
import io.tidemark.daemon.ClusterStatus.Server;
import io.tidemark.daemon.ClusterStatus.Slot;
import io.tidemark.daemon.ClusterStatus.UnfinishedRow;
import io.tidemark.postgres.Lsn;
import io.tidemark.postgres.PostgresSession;
import io.tidemark.postgres.ReplicationSlotRow;
import io.tidemark.postgres.StandbyRow;
import io.tidemark.repository.BackupEntry;
import io.tidemark.repository.ClusterRepository;
import io.tidemark.repository.WalInventory;
import io.tidemark.repository.WalInventory.TimelineInventory;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** Asks repository and primary how it stands. The primary may be down. */
final class StatusReader {
  private final ClusterSettings cluster;
  private final ClusterRepository repository;
  private final List<ReplicaStatus> replicas;

  /**
   * @param replicas of the cluster, as they stand
   */
  StatusReader(
      ClusterSettings cluster, ClusterRepository repository, List<ReplicaStatus> replicas) {
    this.cluster = cluster;
    this.repository = repository;
    this.replicas = replicas;
  }

  /** What the primary said. */
  private record Asked(Server server, Optional<Duration> flushLag) {}

  ClusterStatus read() {
    // The server first: what it has written by then may well be archived when that is looked at,
    // and never the other way round, which would look like a lag that is none.
    Asked asked = server();
    WalInventory inventory = repository.wal().inventory();
    List<BackupEntry> backups = repository.backups().list();
    List<BackupEntry.Completed> completed = of(backups, BackupEntry.Completed.class).toList();
    Instant now = Instant.now();
    return new ClusterStatus(
        cluster.name(),
        repository.describe(),
        repository.identity().systemId(),
        repository.identity().postgresMajor(),
        repository.identity().encrypted(),
        new RestorableRanges(
                inventory,
                completed,
                new LastTransaction(repository.wal(), inventory.segmentSize()))
            .find(),
        archive(inventory, asked),
        asked.server(),
        gaps(inventory),
        completed.stream().map(backup -> row(backup, now)).toList(),
        of(backups, BackupEntry.Unfinished.class)
            .map(backup -> new UnfinishedRow(backup.name(), backup.began(), backup.writer()))
            .toList(),
        of(backups, BackupEntry.Damaged.class)
            .map(backup -> new DamagedRow(backup.name(), backup.what()))
            .toList(),
        repository.leases().held().stream()
            .map(lease -> new LeaseRow(lease.work(), lease.holder(), lease.until()))
            .toList(),
        replicas,
        inventory.remarks());
  }

  private static <T extends BackupEntry> Stream<T> of(List<BackupEntry> all, Class<T> kind) {
    return all.stream().filter(kind::isInstance).map(kind::cast);
  }

  private Asked server() {
    try (PostgresSession session = Wiring.session(cluster)) {
      repository.requireSystemId(session.systemIdentifier());
      Lsn lsn = session.currentWalLsn();
      Server server =
          new Server(
              true,
              "",
              Optional.of(session.serverVersion().full()),
              Optional.of(session.currentTimeline()),
              Optional.of(lsn),
              slot(session, lsn));
      return new Asked(server, flushLag(session));
    } catch (TidemarkException e) {
      // Whatever it is that the server lacks: what can be restored is to be told nevertheless.
      Server none =
          new Server(
              false,
              e.getMessage(),
              Optional.empty(),
              Optional.empty(),
              Optional.empty(),
              Optional.empty());
      return new Asked(none, Optional.empty());
    }
  }

  private Optional<Slot> slot(PostgresSession session, Lsn lsn) {
    if (!ServerRules.needsSlot(cluster)) {
      return Optional.empty();
    }
    String name = cluster.archive().slot();
    return Optional.of(
        session.replicationSlots().stream()
            .filter(row -> row.name().toString().equals(name))
            .findFirst()
            .map(row -> slot(row, lsn))
            .orElse(
                new Slot(
                    name, false, false, Optional.empty(), Optional.empty(), Optional.empty())));
  }

  private static Slot slot(ReplicationSlotRow row, Lsn lsn) {
    return new Slot(
        row.name().toString(),
        true,
        row.active(),
        row.walStatus(),
        row.restartLsn().map(restart -> Math.max(0, lsn.minus(restart))),
        row.safeWalSize());
  }

  private Optional<Duration> flushLag(PostgresSession session) {
    return session.standbys().stream()
        .filter(row -> row.applicationName().equals(cluster.archive().applicationName()))
        .map(StandbyRow::flushLag)
        .flatMap(Optional::stream)
        .findFirst();
  }

  private static Archive archive(WalInventory inventory, Asked asked) {
    Optional<TimelineInventory> newest = inventory.newest();
    Optional<Lsn> frontier = newest.flatMap(TimelineInventory::frontier);
    boolean comparable =
        frontier.isPresent()
            && asked.server().timeline().equals(newest.map(TimelineInventory::timeline));
    Optional<Long> behind =
        comparable
            ? asked.server().lsn().map(lsn -> Math.max(0, lsn.minus(frontier.get())))
            : Optional.empty();
    return new Archive(
        newest.map(TimelineInventory::timeline),
        frontier,
        behind,
        behind.filter(bytes -> bytes == 0).isPresent()
            ? Optional.of(Duration.ZERO)
            : behind.flatMap(_ -> asked.flushLag()));
  }

  private static List<Gap> gaps(WalInventory inventory) {
    return inventory.timelines().stream()
        .flatMap(timeline -> timeline.gaps().stream())
        .map(
            gap ->
                new Gap(
                    gap.timeline(),
                    gap.from(),
                    gap.to(),
                    gap.to().minus(gap.from()),
                    gap.isOnRecord(),
                    gap.reason()))
        .toList();
  }

  private static BackupRow row(BackupEntry.Completed backup, Instant now) {
    var info = backup.info();
    return new BackupRow(
        info.name(),
        info.timeline(),
        info.startTime(),
        info.stopTime(),
        info.startLsn(),
        info.stopLsn(),
        backup.totals().files(),
        backup.totals().bytes(),
        backup.totals().storedBytes(),
        info.fromStandby(),
        Duration.between(info.stopTime(), now));
  }
}
