package io.tidemark.daemon;

import io.tidemark.replicamanager.ClockOffset;
import io.tidemark.replicamanager.DataAge;
import io.tidemark.replicamanager.HeartbeatView;
import io.tidemark.replicamanager.HorizonHolder;
import io.tidemark.replicamanager.ReplicationView;
import io.tidemark.replicamanager.SlotHealth;
import io.tidemark.replicamanager.SlotOwner;
import io.tidemark.replicamanager.SlotView;
import io.tidemark.replicamanager.StandbyLag;
import io.tidemark.repository.BackupEntry.Completed;
import io.tidemark.walarchiver.ArchiverStatus;
import io.tidemark.walarchiver.PushStatus;
import java.time.Duration;
import java.time.Instant;
import java.util.Locale;
import java.util.Optional;

/** Tells a scrape what is known of a cluster. */
final class VitalMetrics {
  private final Vitals vitals;
  private final String name;
  private final MetricSink to;

  private VitalMetrics(Vitals vitals, MetricSink to) {
    this.vitals = vitals;
    this.name = vitals.cluster.name();
    this.to = to;
  }

  static void tell(Vitals vitals, boolean ready, MetricSink to) {
    to.flag(Metric.READY, ready, vitals.cluster.name());
    VitalMetrics metrics = new VitalMetrics(vitals, to);
    metrics.archive();
    metrics.server();
    vitals.heartbeatView().ifPresent(metrics::heartbeat);
    metrics.catalogue();
    metrics.backup();
    metrics.expiry();
  }

  static void tell(PushStatus push, MetricSink to) {
    to.number(Metric.WAL_PUSH_FILES_TOTAL, push.archived(), "ok");
    to.number(Metric.WAL_PUSH_FILES_TOTAL, push.failed(), "failed");
    to.at(Metric.WAL_PUSH_LAST_TIMESTAMP_SECONDS, push.lastArchived());
  }

  private void archive() {
    Optional<ArchiverStatus> found = vitals.archiverStatus();
    if (found.isEmpty()) {
      return;
    }
    ArchiverStatus status = found.get();
    for (ArchiverStatus.State state : ArchiverStatus.State.values()) {
      String word = state.name().toLowerCase(Locale.ROOT);
      to.flag(Metric.ARCHIVE_STATE, state == status.state(), name, word);
    }
    status.timeline().ifPresent(timeline -> positions(status, timeline.toString()));
    to.at(Metric.ARCHIVE_LAST_COMMIT_TIMESTAMP_SECONDS, status.lastCommit(), name);
    to.number(Metric.ARCHIVE_SEGMENTS_TOTAL, status.segmentsPut(), name);
    to.number(Metric.ARCHIVE_TAILS_TOTAL, status.tailsPut(), name);
    to.number(Metric.ARCHIVE_BYTES_TOTAL, status.bytesPut(), name);
    to.number(Metric.ARCHIVE_PUT_FAILURES_TOTAL, status.putFailures(), name);
    to.number(Metric.ARCHIVE_RECONNECTS_TOTAL, status.reconnects(), name);
    to.number(Metric.ARCHIVE_GAPS_TOTAL, status.gaps(), name);
    to.number(Metric.ARCHIVE_QUEUE_BYTES, status.queuedBytes(), name);
    to.number(Metric.ARCHIVE_QUEUE_LIMIT_BYTES, status.queueLimitBytes(), name);
  }

  private void positions(ArchiverStatus status, String timeline) {
    to.number(Metric.ARCHIVE_RECEIVED_LSN_BYTES, status.received().value(), name, timeline);
    to.number(Metric.ARCHIVE_DURABLE_LSN_BYTES, status.durable().value(), name, timeline);
    to.number(
        Metric.ARCHIVE_LAG_BYTES,
        Math.max(0, vitals.serverEnd(status).minus(status.durable())),
        name);
    vitals.lag().ifPresent(lag -> to.seconds(Metric.ARCHIVE_LAG_SECONDS, lag, name));
  }

  private void server() {
    if (vitals.serverFailure != null) {
      to.flag(Metric.UP, false, name);
      return;
    }
    ReplicationView view = vitals.server;
    if (view == null) {
      return;
    }
    to.flag(Metric.UP, true, name);
    to.flag(Metric.SLOT_UNBOUNDED, view.keepLimit().bytes().isEmpty(), name);
    to.number(Metric.SERVER_LSN_BYTES, view.current().value(), name);
    to.known(Metric.SERVER_WAL_BYTES_PER_SECOND, view.bytesPerSecond(), name);
    to.known(Metric.SERVER_WAL_HIGH_BYTES_PER_SECOND, view.highBytesPerSecond(), name);
    view.slots().forEach(this::slot);
    view.standbys().forEach(this::standby);
    view.horizon().forEach(this::horizon);
  }

  private void horizon(HorizonHolder holder) {
    boolean slot = holder.kind() == HorizonHolder.Kind.SLOT;
    to.number(
        slot ? Metric.SLOT_HORIZON_TRANSACTIONS : Metric.STANDBY_HORIZON_TRANSACTIONS,
        holder.transactions(),
        name,
        holder.name());
    to.seconds(
        slot ? Metric.SLOT_HORIZON_SECONDS : Metric.STANDBY_HORIZON_SECONDS,
        holder.held(),
        name,
        holder.name());
  }

  private void heartbeat(HeartbeatView beats) {
    Instant now = Instant.now();
    to.seconds(Metric.HEARTBEAT_PERIOD_SECONDS, beats.period(), name);
    to.known(Metric.HEARTBEAT_AGE_SECONDS, beats.age(now), name);
    to.flag(Metric.HEARTBEAT_SILENT, beats.isSilent(now), name);
    to.number(Metric.HEARTBEAT_BEATS_TOTAL, beats.written(), name);
    to.number(Metric.HEARTBEAT_FAILURES_TOTAL, beats.failures(), name);
    beats.offset().ifPresent(this::clock);
    Optional<Instant> archived = vitals.archiverStatus().flatMap(ArchiverStatus::lastCommit);
    to.known(
        Metric.HEARTBEAT_ARCHIVED_AGE_SECONDS,
        DataAge.of(now, Optional.of(beats), archived).known(),
        name);
  }

  private void clock(ClockOffset offset) {
    to.seconds(Metric.HEARTBEAT_CLOCK_OFFSET_SECONDS, offset.ahead(), name);
    to.seconds(Metric.HEARTBEAT_CLOCK_ERROR_SECONDS, offset.error(), name);
  }

  private void slot(SlotView slot) {
    String label = slot.name().name();
    boolean missing = slot.health() instanceof SlotHealth.Missing;
    to.flag(Metric.SLOT_MISSING, missing, name, label);
    if (!missing) {
      to.flag(Metric.SLOT_ACTIVE, slot.active(), name, label);
      to.flag(Metric.SLOT_LOST, slot.health() instanceof SlotHealth.Lost, name, label);
      to.flag(Metric.SLOT_AT_RISK, slot.health() instanceof SlotHealth.AtRisk, name, label);
    }
    to.flag(Metric.SLOT_OWNED, slot.owner() == SlotOwner.TIDEMARK, name, label);
    to.flag(Metric.SLOT_ORPHAN, slot.owner() == SlotOwner.NOBODY, name, label);
    to.known(Metric.SLOT_TIME_TO_LOSS_SECONDS, slot.timeToLoss(), name, label);
    to.known(Metric.SLOT_RETAINED_BYTES, slot.retainedBytes(), name, label);
    to.known(Metric.SLOT_SAFE_BYTES, slot.safeBytes(), name, label);
  }

  private void standby(StandbyLag lag) {
    String standby =
        lag.clientAddress()
            .map(at -> lag.applicationName() + "@" + at)
            .orElse(lag.applicationName());
    to.known(Metric.STANDBY_LAG_BYTES, lag.sent(), name, standby, "sent");
    to.known(Metric.STANDBY_LAG_BYTES, lag.write(), name, standby, "write");
    to.known(Metric.STANDBY_LAG_BYTES, lag.flush(), name, standby, "flush");
    to.known(Metric.STANDBY_LAG_BYTES, lag.replay(), name, standby, "replay");
  }

  private void catalogue() {
    CatalogueView view = vitals.catalogue;
    if (view != null || vitals.repositoryFailure != null) {
      to.flag(Metric.REPOSITORY_REACHABLE, vitals.repositoryFailure == null, name);
    }
    if (view == null) {
      return;
    }
    to.number(Metric.ARCHIVE_GAPS, view.gaps(), name);
    to.number(Metric.BACKUPS, view.completed(), name);
    to.number(Metric.BACKUPS_DAMAGED, view.damaged(), name);
    to.at(Metric.RESTORABLE_OLDEST_TIMESTAMP_SECONDS, view.oldestRestorable(), name);
    to.at(Metric.RESTORABLE_NEWEST_TIMESTAMP_SECONDS, view.newestRestorable(), name);
    to.number(Metric.REPOSITORY_BYTES, view.backupBytes(), name, "backups");
    to.known(Metric.REPOSITORY_BYTES, view.walBytes(), name, "wal");
    view.newest().ifPresent(this::newest);
  }

  private void newest(Completed backup) {
    Instant start = backup.info().startTime();
    to.at(Metric.BACKUP_LAST_SUCCESS_TIMESTAMP_SECONDS, Optional.of(start), name);
    to.seconds(
        Metric.BACKUP_DURATION_SECONDS, Duration.between(start, backup.info().stopTime()), name);
    to.number(Metric.BACKUP_BYTES, backup.totals().bytes(), name);
    to.number(Metric.BACKUP_STORED_BYTES, backup.totals().storedBytes(), name);
  }

  private void backup() {
    to.flag(Metric.BACKUP_RUNNING, vitals.backupRunningSince != null, name);
    to.number(Metric.BACKUP_FAILURES_TOTAL, vitals.backupFailures.get(), name);
    Integer damaged = vitals.damagedPages;
    if (damaged != null) {
      to.number(Metric.BACKUP_DAMAGED_PAGES, damaged, name);
    }
    switch (vitals.backupDue) {
      case BackupDue.Due(Instant since, String _) -> {
        Duration overdue = Duration.between(since, Instant.now());
        to.seconds(
            Metric.BACKUP_OVERDUE_SECONDS, overdue.isNegative() ? Duration.ZERO : overdue, name);
      }
      case BackupDue.NotYet _ -> to.number(Metric.BACKUP_OVERDUE_SECONDS, 0, name);
      case BackupDue.Never _ -> {}
      case null -> {}
    }
  }

  private void expiry() {
    to.at(
        Metric.EXPIRE_LAST_SUCCESS_TIMESTAMP_SECONDS, Optional.ofNullable(vitals.expiredAt), name);
    to.number(Metric.EXPIRE_DELETED_TOTAL, vitals.expiredObjects.get(), name);
    to.number(Metric.EXPIRE_FAILURES_TOTAL, vitals.expiryFailures.get(), name);
  }
}
