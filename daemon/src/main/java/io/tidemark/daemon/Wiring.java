package io.tidemark.daemon;

import io.tidemark.config.BackupSettings;
import io.tidemark.config.ClusterSettings;
import io.tidemark.config.Configuration;
import io.tidemark.config.RepositorySettings;
import io.tidemark.config.SecretFile;
import io.tidemark.postgres.PostgresEndpoint;
import io.tidemark.postgres.PostgresInstallation;
import io.tidemark.postgres.PostgresSession;
import io.tidemark.postgres.ReplicationConnection;
import io.tidemark.repository.ClusterRepository;
import io.tidemark.repository.Compression;
import io.tidemark.repository.RepositoryOptions;
import io.tidemark.repository.Writer;
import io.tidemark.store.ObjectStore;
import io.tidemark.store.StoreObserver;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The one place where everything is put together from the configuration. What it opens it closes,
 * the last first. Safe for use by many threads.
 */
final class Wiring implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Wiring.class);

  /**
   * A backup starts with a checkpoint, which may be spread over checkpoint_timeout (at most 1 d).
   */
  private static final Duration BACKUP_STATEMENT = Duration.ofHours(6);

  private final Configuration configuration;
  private final Function<String, StoreObserver> observers;
  private final Map<String, ObjectStore> stores = new LinkedHashMap<>();
  private final Map<String, ClusterRepository> repositories = new LinkedHashMap<>();

  /**
   * @param observers what watches the store of a repository of that name
   */
  Wiring(Configuration configuration, Function<String, StoreObserver> observers) {
    this.configuration = configuration;
    this.observers = observers;
  }

  Configuration configuration() {
    return configuration;
  }

  // Repository

  /** The store of a repository; the same one each time. */
  synchronized ObjectStore store(RepositorySettings repository) {
    return stores.computeIfAbsent(
        repository.name(), name -> Stores.open(repository, observers.apply(name)));
  }

  /** The store of a repository, made where it is not there yet and can be. */
  synchronized ObjectStore createStore(RepositorySettings repository) {
    return stores.computeIfAbsent(
        repository.name(), name -> Stores.create(repository, observers.apply(name)));
  }

  /**
   * A cluster's part of its repository; the same one each time.
   *
   * @throws io.tidemark.config.TidemarkException REPOSITORY_MISSING, FORMAT_NEWER, SECRET_UNUSABLE
   */
  synchronized ClusterRepository repository(ClusterSettings cluster) {
    ClusterRepository known = repositories.get(cluster.name());
    if (known != null) {
      return known;
    }
    RepositorySettings settings = configuration.repositoryOf(cluster);
    return keep(
        cluster, ClusterRepository.open(store(settings), cluster.name(), options(settings)));
  }

  synchronized ClusterRepository keep(ClusterSettings cluster, ClusterRepository repository) {
    repositories.put(cluster.name(), repository);
    return repository;
  }

  /** How this process writes to a repository. */
  static RepositoryOptions options(RepositorySettings repository) {
    return new RepositoryOptions(
        new Compression(
            Compression.Algorithm.valueOf(repository.compression().algorithm().name()),
            repository.compression().level()),
        repository.encryptionKeyFile().map(SecretFile::path),
        writer());
  }

  static Writer writer() {
    return new Writer(hostName(), ProcessHandle.current().pid(), Version.text());
  }

  private static String hostName() {
    try {
      return Files.readString(Path.of("/proc/sys/kernel/hostname")).strip();
    } catch (IOException e) {
      return InetAddress.getLoopbackAddress().getHostName();
    }
  }

  // PostgreSQL

  /** Where the cluster's WAL comes from. */
  static PostgresEndpoint primary(ClusterSettings cluster) {
    return PostgresEndpoint.of(
        cluster.connection(), PostgresEndpoint.Target.PRIMARY, cluster.archive().applicationName());
  }

  /** An SQL session on the primary; the caller closes it. */
  static PostgresSession session(ClusterSettings cluster) {
    return PostgresSession.open(primary(cluster).withApplicationName("tidemark"));
  }

  /** A replication session on the primary; the caller closes it. */
  static ReplicationConnection replication(ClusterSettings cluster) {
    return ReplicationConnection.open(primary(cluster));
  }

  /** An SQL session on the server whose files are backed up; the caller closes it. */
  static PostgresSession backupSession(ClusterSettings cluster) {
    BackupSettings backup = cluster.backup();
    PostgresEndpoint endpoint =
        backup
            .standby()
            .map(
                standby ->
                    PostgresEndpoint.of(standby, PostgresEndpoint.Target.ANY, "tidemark_backup"))
            .orElseGet(() -> primary(cluster).withApplicationName("tidemark_backup"));
    return PostgresSession.open(endpoint.withTimeouts(endpoint.connectTimeout(), BACKUP_STATEMENT));
  }

  /** PostgreSQL's programs of a major: where the operator says, else where they usually are. */
  static PostgresInstallation installation(
      ClusterSettings cluster, Optional<Path> given, int major) {
    List<Path> hints = new ArrayList<>();
    given.ifPresent(hints::add);
    cluster.binDirectory().ifPresent(hints::add);
    return PostgresInstallation.find(major, hints);
  }

  @Override
  public synchronized void close() {
    closeAll(repositories);
    closeAll(stores);
  }

  private static void closeAll(Map<String, ? extends AutoCloseable> open) {
    List<Map.Entry<String, AutoCloseable>> last = new ArrayList<>();
    open.forEach((name, each) -> last.addFirst(Map.entry(name, each)));
    open.clear();
    for (Map.Entry<String, AutoCloseable> each : last) {
      try {
        each.getValue().close();
      } catch (Exception e) {
        LOG.warn("{} could not be closed: {}", each.getKey(), e.toString());
      }
    }
  }
}
