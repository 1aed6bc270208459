package io.tidemark.replicamanager;

import io.tidemark.backup.Backup;
import io.tidemark.backup.BackupOptions;
import io.tidemark.backup.BackupProgress;
import io.tidemark.config.ArchiveSettings;
import io.tidemark.config.Configuration;
import io.tidemark.config.RestoreSettings;
import io.tidemark.postgres.Lsn;
import io.tidemark.postgres.PostgresEndpoint;
import io.tidemark.postgres.PostgresServer;
import io.tidemark.postgres.PostgresServer.StopMode;
import io.tidemark.postgres.PostgresSession;
import io.tidemark.postgres.TimelineHistory;
import io.tidemark.replicamanager.ReplicaState.Work;
import io.tidemark.repository.ClusterIdentity;
import io.tidemark.repository.ClusterRepository;
import io.tidemark.repository.Compression;
import io.tidemark.repository.RepositoryOptions;
import io.tidemark.repository.Writer;
import io.tidemark.restore.RestoreProgress;
import io.tidemark.restore.WalFetcher;
import io.tidemark.store.FaultyStore;
import io.tidemark.store.MemoryStore;
import io.tidemark.testing.FreePort;
import io.tidemark.testing.OsUser;
import io.tidemark.testing.PostgresBinaries;
import io.tidemark.testing.TestCluster;
import io.tidemark.testing.TestClusterBuilder;
import io.tidemark.walarchiver.ArchiverLog;
import io.tidemark.walarchiver.WalArchiver;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.concurrent.Callable;
import java.util.function.UnaryOperator;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionTimeoutException;

/** A primary whose WAL is archived, and replicas of it that a configuration file describes. */
final class ReplicatedCluster implements AutoCloseable {
  static final String PASSWORD = "it's: a \\ secret";
  private static final Duration LIMIT = Duration.ofMinutes(1);

  final FaultyStore store = new FaultyStore(new MemoryStore());
  final Path home;
  final PostgresBinaries binaries;
  final TestCluster primary;
  final ClusterRepository repository;
  private final List<ReplicaSpec> replicas = new ArrayList<>();
  private final List<WalFetcher> fetchers = new ArrayList<>();
  private int primaryPort;
  private final WalArchiver archiver;
  private final Thread archiving;

  ReplicatedCluster(
      Path home, PostgresBinaries binaries, UnaryOperator<TestClusterBuilder> settings) {
    this.home = home;
    this.binaries = binaries;
    OsUser.letIn(home);
    this.primary =
        settings
            .apply(
                TestCluster.builder(binaries)
                    .walSegmentMegabytes(1)
                    .fsync(false)
                    .password(PASSWORD)
                    .setting("max_connections", "60")
                    .setting("wal_log_hints", "on"))
            .start();
    this.primaryPort = primary.port();
    try {
      Path secret = home.resolve("password");
      Files.writeString(secret, PASSWORD);
      Files.setPosixFilePermissions(secret, PosixFilePermissions.fromString("rw-------"));
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
    this.repository = createRepository();
    this.archiver =
        new WalArchiver(
            ArchiveSettings.defaults("shop"),
            endpoint(),
            repository,
            home.resolve("spool"),
            new ArchiverLog("shop"));
    this.archiving = Thread.ofPlatform().start(archiver::run);
  }

  PostgresEndpoint endpoint() {
    return PostgresEndpoint.of(
        configuration("").cluster("shop").connection(), PostgresEndpoint.Target.PRIMARY, "test");
  }

  private Configuration configuration(String replicas) {
    String yaml =
        """
        state-directory: %s
        repositories: {here: {type: posix, path: %s}}
        clusters:
          shop:
            repository: here
            connection: {host: 127.0.0.1, port: %d, user: postgres, password-file: %s}
        %s
        """
            .formatted(
                home.resolve("state"),
                home.resolve("unused"),
                primaryPort,
                home.resolve("password"),
                replicas);
    return Configuration.parse(home.resolve("tidemark.yaml"), yaml);
  }

  private ClusterRepository createRepository() {
    try (PostgresSession session = PostgresSession.open(endpoint())) {
      return ClusterRepository.create(
          store,
          "shop",
          ClusterIdentity.of(session, false),
          new RepositoryOptions(
              Compression.DEFAULT, Optional.empty(), new Writer("test", 1, "0.1")));
    }
  }

  /**
   * A replica on a free port, in a directory of its name.
   *
   * @param more keys of its section, such as {@code "kind: read"}
   */
  ReplicaSpec replica(String name, String... more) {
    return replicaIn(home.resolve(name), name, more);
  }

  /** The same in a directory that is there. */
  ReplicaSpec replicaIn(Path directory, String name, String... more) {
    String section =
        "replicas:\n" + sectionsBefore(name) + section(name, FreePort.find(), directory, more);
    Configuration file = configuration(section);
    ReplicaSpec replica =
        ReplicaSpec.of(file, file.replica(name), Path.of("/nonexistent/tidemark"));
    replicas.add(replica);
    return replica;
  }

  /** Of the other replicas, of which one may be the upstream. */
  private String sectionsBefore(String name) {
    StringBuilder sections = new StringBuilder();
    for (ReplicaSpec replica : replicas) {
      if (!replica.name().equals(name)) {
        sections.append(
            section(replica.name(), replica.settings().port(), replica.directory(), "kind: read"));
      }
    }
    return sections.toString();
  }

  private String section(String name, int port, Path directory, String... more) {
    String owner = OsUser.forServers().map(user -> "    owner: " + user.name() + "\n").orElse("");
    return "  %s:\n    cluster: shop\n    directory: %s\n    host: 127.0.0.1\n    port: %d\n"
            .formatted(name, directory, port)
        + "    bin-directory: "
        + binaries.bin()
        + "\n"
        + owner
        + String.join("", List.of(more).stream().map(line -> "    " + line + "\n").toList());
  }

  LocalReplicaActions actions(RestoreProgress progress) {
    return new LocalReplicaActions(_ -> repository, progress);
  }

  LocalReplicaActions actions() {
    return actions(RestoreProgress.NONE);
  }

  /** What keeps a replica, turn by turn. */
  ReplicaManager manager(ReplicaSpec replica, ReplicaSources sources) {
    ReplicaObserver observer =
        new ReplicaObserver(replica, sources, new ArchiveObserver(() -> repository));
    return new ReplicaManager(replica, observer, actions(), _ -> {});
  }

  /** What an observer would see of the primary; the actions look at no more. */
  Observation seen(ReplicaSpec replica) {
    return new Observation(
        Instant.now(),
        replica.home().read(),
        new DirectoryView.Absent(),
        Optional.empty(),
        Optional.empty(),
        "",
        primaryView(),
        primaryView(),
        new SlotSight.NotUsed(),
        new ArchiveView.Unknown("not looked at"),
        new SettingsView.Unknown("not looked at"));
  }

  private PrimaryView primaryView() {
    if (!primary.isRunning()) {
      return new PrimaryView.Unknown("stopped");
    }
    try (PostgresSession session = PostgresSession.open(endpoint())) {
      return new PrimaryView.Known(
          Instant.now(),
          "",
          false,
          session.systemIdentifier(),
          TimelineHistory.root(session.currentTimeline()),
          session.currentWalLsn(),
          OptionalDouble.empty(),
          new PrimaryFacts(
              session.serverVersion().major(),
              number(session, "max_connections"),
              number(session, "max_worker_processes"),
              number(session, "max_wal_senders"),
              number(session, "max_prepared_transactions"),
              number(session, "max_locks_per_transaction")),
          new KeepLimit(OptionalLong.empty()),
          "",
          List.of(),
          List.of());
    }
  }

  private static int number(PostgresSession session, String setting) {
    return Integer.parseInt(session.setting(setting).orElseThrow());
  }

  /** Takes a backup of the primary. */
  void backup() {
    try (PostgresSession session = PostgresSession.open(endpoint())) {
      new Backup(repository, session, primary.data(), BackupOptions.DEFAULT, BackupProgress.NONE)
          .run();
    }
    awaitArchived();
  }

  /** Waits until all that is written now is in the archive. */
  void awaitArchived() {
    Lsn written = Lsn.parse(primary.value("SELECT pg_current_wal_lsn()"));
    await("archived", () -> archiver.status().durable().isAtLeast(written));
  }

  /** Serves archived WAL to a replica until the end of the test. */
  void fetchFor(ReplicaSpec replica) {
    WalFetcher fetcher =
        WalFetcher.open(repository, replica.directory(), RestoreSettings.defaults()).orElseThrow();
    fetchers.add(fetcher);
    Thread.ofPlatform().daemon().start(fetcher::run);
  }

  static void await(String what, Callable<Boolean> condition) {
    Awaitility.await(what)
        .atMost(LIMIT)
        .pollInterval(Duration.ofMillis(50))
        .ignoreExceptions()
        .until(condition);
  }

  /** What a replica's own server answers. */
  String ask(ReplicaSpec replica, String sql) {
    try (PostgresSession session = PostgresSession.open(replica.self())) {
      return session.value(sql).orElse("");
    }
  }

  /** Waits until a replica answers a query as expected. */
  void awaitAnswer(ReplicaSpec replica, String sql, String expected) {
    String[] last = {""};
    try {
      await(
          sql,
          () -> {
            last[0] = ask(replica, sql);
            return last[0].equals(expected);
          });
    } catch (ConditionTimeoutException e) {
      throw new AssertionError(
          "'%s' answers '%s', not '%s'; its log ends:\n%s"
              .formatted(sql, last[0], expected, PostgresServer.tail(replica.log())),
          e);
    }
  }

  /** Waits until a replica has replayed all that the primary has written. */
  void awaitReplayed(ReplicaSpec replica) {
    String written = primary.value("SELECT pg_current_wal_lsn()");
    awaitAnswer(replica, "SELECT pg_last_wal_replay_lsn() >= '%s'".formatted(written), "t");
  }

  /** Waits until its slot is in use. */
  void awaitStreaming(ReplicaSpec replica) {
    await(
        "streams",
        () ->
            primary
                .value(
                    "SELECT count(*) FROM pg_replication_slots s JOIN pg_stat_replication r"
                        + " ON r.pid = s.active_pid WHERE r.state = 'streaming'"
                        + " AND s.slot_name = '%s' AND r.application_name = '%s'"
                            .formatted(
                                replica.slot().orElseThrow(), replica.settings().applicationName()))
                .equals("1"));
  }

  /** Ends a replica's server without a shutdown. */
  void crash(ReplicaSpec replica) {
    new PostgresServer(StandbyServer.of(replica).installation(), replica.directory())
        .stop(StopMode.IMMEDIATE, LIMIT);
  }

  /** Gives an existing data directory to a replica, as {@code create --adopt} does. */
  void adopt(ReplicaSpec replica) throws IOException {
    String id = "adopted";
    ReplicaHome.mark(replica.directory(), id);
    replica
        .home()
        .write(
            new ReplicaState(
                replica.directory(),
                repository.identity().systemId(),
                id,
                Work.REJOINING,
                new Wish.Running(),
                Instant.now()));
  }

  /** From now on the configuration names another server as the primary. */
  void primaryIs(ReplicaSpec promoted) {
    primaryPort = promoted.settings().port();
  }

  @Override
  public void close() throws InterruptedException {
    for (ReplicaSpec replica : replicas.reversed()) {
      if (Files.exists(replica.directory().resolve("global/pg_control"))) {
        StandbyServer.of(replica).stop();
      }
    }
    fetchers.forEach(WalFetcher::close);
    archiver.close();
    archiving.join();
    repository.close();
    primary.close();
  }
}
