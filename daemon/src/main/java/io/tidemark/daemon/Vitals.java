package io.tidemark.daemon;

import io.tidemark.config.ArchiveSettings.Method;
import io.tidemark.config.ClusterSettings;
import io.tidemark.config.TidemarkException;
import io.tidemark.postgres.Lsn;
import io.tidemark.replicamanager.HeartbeatView;
import io.tidemark.replicamanager.ReplicationView;
import io.tidemark.walarchiver.ArchiverStatus;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * What the services of a cluster last knew of it: each field is written by one service, and read by
 * metrics and /readyz. What is null is not known.
 */
final class Vitals {
  final ClusterSettings cluster;
  final ArchiveAge age = new ArchiveAge();

  /** By {@link ArchiverService}. */
  volatile @Nullable Supplier<ArchiverStatus> archiver;

  /** By {@link ArchiverService}: why it does not archive, and will not by itself. */
  volatile @Nullable TidemarkException refusal;

  /** By {@link RepositoryWatch}. */
  volatile @Nullable CatalogueView catalogue;

  volatile @Nullable TidemarkException repositoryFailure;

  /** By {@link ServerWatch}; the last view stays when the server is gone. */
  volatile @Nullable ReplicationView server;

  volatile @Nullable TidemarkException serverFailure;

  /** By {@link HeartbeatTask}; null where none is written. */
  volatile @Nullable Supplier<HeartbeatView> heartbeat;

  /** By {@link BackupTask}. */
  volatile @Nullable Instant backupRunningSince;

  volatile @Nullable Integer damagedPages;
  volatile @Nullable BackupDue backupDue;
  volatile @Nullable TidemarkException backupFailure;
  final AtomicLong backupFailures = new AtomicLong();

  /** By {@link ExpiryTask}. */
  volatile @Nullable Instant expiredAt;

  final AtomicLong expiredObjects = new AtomicLong();
  final AtomicLong expiryFailures = new AtomicLong();

  Vitals(ClusterSettings cluster) {
    this.cluster = cluster;
  }

  Optional<ArchiverStatus> archiverStatus() {
    return Optional.ofNullable(archiver).map(Supplier::get);
  }

  boolean isStreaming() {
    return cluster.archive().enabled() && cluster.archive().method() == Method.STREAM;
  }

  boolean isPushing() {
    return cluster.archive().enabled() && cluster.archive().method() == Method.PUSH;
  }

  /** How far the server's WAL goes, by whichever of the two connections knows more. */
  Lsn serverEnd(ArchiverStatus status) {
    ReplicationView view = server;
    return view == null ? status.serverEnd() : Lsn.max(status.serverEnd(), view.current());
  }

  Optional<HeartbeatView> heartbeatView() {
    return Optional.ofNullable(heartbeat).map(Supplier::get);
  }

  /** What the primary said last; empty where it is away since. */
  Optional<ReplicationView> presentServer() {
    return serverFailure == null ? Optional.ofNullable(server) : Optional.empty();
  }

  Optional<Duration> lag() {
    return archiverStatus().flatMap(_ -> age.at(System.nanoTime()));
  }
}
