package io.tidemark.daemon;

import io.tidemark.config.ClusterSettings;
import io.tidemark.config.TidemarkException;
import io.tidemark.postgres.PostgresSession;
import io.tidemark.replicamanager.ArchiveObserver;
import io.tidemark.walarchiver.ArchiverEvent;
import io.tidemark.walarchiver.ArchiverLog;
import io.tidemark.walarchiver.PushTarget;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Semaphore;

/** Everything that runs for one cluster. */
final class ClusterServices implements AutoCloseable {
  static final String BACKUP = "backup";
  static final String EXPIRE = "expire";

  /** Every deadline in a look run out: several requests with all their retries. */
  private static final Duration LONGEST_TURN = Duration.ofMinutes(15);

  /** Of an interrupted task: nothing that it does is worth the archiver's time. */
  private static final Duration TASKS_END = Duration.ofSeconds(10);

  private static final Duration AGAIN = Duration.ofSeconds(5);
  private static final Duration DATA_DIRECTORY_STAYS = Duration.ofMinutes(10);

  private final ClusterSettings settings;
  private final Schedules schedules;
  private final RepositoryDoor door;
  private final ArchiveObserver archive;
  private final Vitals vitals;
  private final PushService push;
  private final BackupTask backup;
  private final ServerWatch server;
  private final Optional<HeartbeatTask> heartbeat;
  private final Loop repositoryLoop;
  private final List<Service> services = new ArrayList<>();

  /**
   * @param backupRoom as {@link BackupTask} has it
   */
  ClusterServices(
      ClusterPlan plan,
      StorePool stores,
      Schedules schedules,
      PushService push,
      Semaphore backupRoom) {
    this.settings = plan.settings();
    this.schedules = schedules;
    this.push = push;
    this.vitals = new Vitals(settings);
    this.door = new RepositoryDoor(stores, plan.repository(), settings.name());
    this.archive = new ArchiveObserver(door::open);
    this.backup = new BackupTask(door, vitals, backupRoom, this::backedUp);
    this.server =
        new ServerWatch(vitals, Wiring.primary(settings).withApplicationName("tidemark"), plan);
    this.repositoryLoop =
        new Loop(
            "repository-" + settings.name(),
            LONGEST_TURN,
            new RepositoryWatch(
                door, vitals, backup, () -> schedules.runNow(settings.name(), BACKUP)));
    this.heartbeat = HeartbeatTask.of(plan, vitals);
    services.add(repositoryLoop);
    services.add(new Loop("server-" + settings.name(), LONGEST_TURN, server));
    heartbeat.ifPresent(
        task -> services.add(new Loop("heartbeat-" + settings.name(), LONGEST_TURN, task)));
    if (vitals.isStreaming()) {
      services.add(archiver(plan.spool()));
    }
    if (vitals.isPushing()) {
      services.add(new Loop("push-" + settings.name(), LONGEST_TURN, this::offerPush));
    }
  }

  Vitals vitals() {
    return vitals;
  }

  /** To its part of the repository. */
  RepositoryDoor door() {
    return door;
  }

  /** What its replicas can get from the repository. */
  ArchiveObserver archive() {
    return archive;
  }

  /** Starts all, and schedules what comes later. */
  void start(Services running) {
    schedules.add(settings.name(), BACKUP, settings.backup().schedule(), backup);
    schedules.add(
        settings.name(), EXPIRE, settings.retention().schedule(), new ExpiryTask(door, vitals));
    services.forEach(running::start);
  }

  /**
   * Ends all: the archiver puts and reports what it has; a backup is broken off, and gone on with
   * at the next start.
   */
  void stop(Services running, Duration limit) {
    push.remove(settings.name());
    backup.close();
    schedules.remove(settings.name(), TASKS_END);
    running.close(services, limit);
  }

  @Override
  public void close() {
    server.close();
    heartbeat.ifPresent(HeartbeatTask::close);
    door.close();
  }

  private Service archiver(Path spool) {
    ArchiverLog log = new ArchiverLog(settings.name());
    return new ArchiverService(
        settings,
        door,
        spool,
        vitals,
        log.and(
            event -> {
              if (event instanceof ArchiverEvent.GapRecorded) {
                repositoryLoop.wake();
              }
            }));
  }

  private void backedUp() {
    repositoryLoop.wake();
    if (settings.retention().schedule().isPresent()) {
      schedules.runNow(settings.name(), EXPIRE);
    }
  }

  /** Serves wal-push as soon as the repository and the data directory are known. */
  private Duration offerPush() throws InterruptedException {
    var repository = door.await();
    try {
      push.add(new PushTarget(settings.name(), dataDirectory(), repository));
      return DATA_DIRECTORY_STAYS;
    } catch (TidemarkException e) {
      // The server watch says that the server is down.
      return AGAIN;
    }
  }

  private Path dataDirectory() {
    if (settings.dataDirectory().isPresent()) {
      return settings.dataDirectory().get();
    }
    try (PostgresSession session = Wiring.session(settings)) {
      return BackupCommand.dataDirectory(settings, session);
    }
  }
}
