package io.tidemark.backup;

import io.tidemark.config.ErrorCode;
import io.tidemark.config.TidemarkException;
import io.tidemark.postgres.BackupLabel;
import io.tidemark.postgres.BackupStop;
import io.tidemark.postgres.ClusterState;
import io.tidemark.postgres.ControlFile;
import io.tidemark.postgres.ControlFileReader;
import io.tidemark.postgres.Lsn;
import io.tidemark.postgres.PostgresSession;
import io.tidemark.postgres.SystemId;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/** The server whose files are copied, and the directory that they are in. */
final class BackupSource {
  /** A checkpoint at full speed, of much memory on a slow disk. */
  private static final Duration CHECKPOINT_LIMIT = Duration.ofHours(1);

  private static final int LOOKS = 5;

  private final PostgresSession session;
  private final Path dataDirectory;

  BackupSource(PostgresSession session, Path dataDirectory) {
    this.session = session;
    this.dataDirectory = dataDirectory;
  }

  Path dataDirectory() {
    return dataDirectory;
  }

  /**
   * The directory's pg_control.
   *
   * @throws TidemarkException WRONG_CLUSTER where the server is of another cluster
   */
  ControlFile requireSameCluster() {
    ControlFile local = ControlFileReader.read(dataDirectory);
    SystemId server = session.systemIdentifier();
    if (!local.systemId().equals(server)) {
      throw wrong(
          "the server has system identifier %s, but %s belongs to %s"
              .formatted(server, dataDirectory, local.systemId()));
    }
    boolean inRecovery = local.state() != ClusterState.IN_PRODUCTION;
    if (inRecovery != session.isInRecovery()) {
      throw wrong(
          "the server %s, but %s is %s"
              .formatted(
                  inRecovery ? "is a primary" : "is in recovery",
                  dataDirectory,
                  local.state().toString()));
    }
    return local;
  }

  /** Begins the backup; a gentle checkpoint takes most of checkpoint_timeout. */
  Lsn start(boolean fastCheckpoint) {
    session.execute("SET idle_session_timeout = 0");
    long timeoutSeconds =
        session
            .value("SELECT setting FROM pg_settings WHERE name = 'checkpoint_timeout'")
            .map(Long::parseLong)
            .orElse(0L);
    Lsn start =
        session.within(
            CHECKPOINT_LIMIT.plusSeconds(2 * timeoutSeconds),
            () -> session.backupStart("tidemark", fastCheckpoint));
    requireSameDirectory();
    return start;
  }

  /** A standby and a copy have the same identity: only the checkpoint tells them apart. */
  private void requireSameDirectory() {
    Lsn local = Lsn.ZERO;
    Lsn server = Lsn.ZERO;
    for (int i = 0; i < LOOKS; i++) {
      server =
          session
              .first(
                  "SELECT checkpoint_lsn FROM pg_control_checkpoint()",
                  r -> r.lsn("checkpoint_lsn"))
              .orElse(Lsn.ZERO);
      local = ControlFileReader.read(dataDirectory).checkpoint();
      if (local.equals(server)) {
        return;
      }
    }
    throw wrong(
        "the server's last checkpoint is at %s, that of %s at %s: it is another copy of the cluster"
            .formatted(server, dataDirectory, local));
  }

  /**
   * Ends the backup.
   *
   * @throws TidemarkException BACKUP_FAILED where the server does not go on with it, such as after
   *     a promotion
   */
  BackupStop stop() {
    BackupStop stop;
    try {
      stop = session.backupStop(false);
    } catch (TidemarkException e) {
      throw BackupGuard.failed("the server did not complete the backup", e);
    }
    BackupLabel label = BackupLabel.parse(stop.backupLabel());
    var now = ControlFileReader.read(dataDirectory).minRecoveryTimeline();
    if (label.fromStandby() && now.isPresent() && !now.get().equals(label.timeline())) {
      throw new TidemarkException(
          ErrorCode.BACKUP_FAILED,
          "the standby went from timeline %s to %s during the backup"
              .formatted(label.timeline(), now.get()),
          "take the backup again: it goes on from what is stored already");
    }
    return stop;
  }

  /** Who owns the data directory. */
  Optional<String> owner() {
    try {
      return Optional.of(Files.getOwner(dataDirectory).getName());
    } catch (IOException e) {
      throw new TidemarkException(
          ErrorCode.LOCAL_IO, "cannot read the owner of " + dataDirectory + ": " + e, "", e);
    }
  }

  private static TidemarkException wrong(String found) {
    return new TidemarkException(
        ErrorCode.WRONG_CLUSTER,
        found,
        "set data-directory to the directory that SHOW data_directory gives, on this machine");
  }
}
