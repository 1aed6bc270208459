package io.tidemark.replicamanager;

import io.tidemark.config.ClusterSettings;
import io.tidemark.config.Configuration;
import io.tidemark.config.ReplicaKind;
import io.tidemark.config.ReplicaSettings;
import io.tidemark.postgres.HostPort;
import io.tidemark.postgres.PostgresEndpoint;
import io.tidemark.postgres.SlotName;
import io.tidemark.restore.WalGet;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * All that is to be true of one replica.
 *
 * @param self how Tidemark reaches the replica's own server
 * @param primary how Tidemark reaches the primary, whichever host that is; empty for one that is
 *     fed from the archive alone
 * @param feed how Tidemark reaches the server that it streams from: the primary, or another
 *     replica; empty as before
 * @param home its state and lock
 * @param walGet what its restore_command runs
 */
public record ReplicaSpec(
    ReplicaSettings settings,
    ClusterSettings cluster,
    PostgresEndpoint self,
    Optional<PostgresEndpoint> primary,
    Optional<PostgresEndpoint> feed,
    ReplicaHome home,
    WalGet walGet) {
  private static final String OBSERVER = "tidemark_replicas";

  /** How long wal-get waits for a segment that the store is slow with; a standby asks again. */
  private static final Duration PATIENCE = Duration.ofMinutes(5);

  /** The same where the server streams, too: it tries that only when wal-get has given up. */
  private static final Duration SHORT_PATIENCE = Duration.ofSeconds(20);

  /**
   * What the configuration asks for.
   *
   * @param launcher the program {@code tidemark}
   */
  public static ReplicaSpec of(
      Configuration configuration, ReplicaSettings replica, Path launcher) {
    ClusterSettings cluster = configuration.cluster(replica.cluster());
    PostgresEndpoint primary =
        PostgresEndpoint.of(cluster.connection(), PostgresEndpoint.Target.PRIMARY, OBSERVER);
    boolean connected = replica.kind() != ReplicaKind.ARCHIVE_ONLY;
    PostgresEndpoint feed =
        replica
            .upstream()
            .map(name -> serverOf(configuration.replica(name), primary))
            .orElse(primary);
    return new ReplicaSpec(
        replica,
        cluster,
        serverOf(replica, primary),
        connected ? Optional.of(primary) : Optional.empty(),
        connected ? Optional.of(feed) : Optional.empty(),
        ReplicaHome.of(configuration.stateDirectory(), replica.name()),
        new WalGet(
            launcher,
            configuration.file(),
            cluster.name(),
            WalGet.Mode.STANDBY,
            connected ? SHORT_PATIENCE : PATIENCE));
  }

  private static PostgresEndpoint serverOf(ReplicaSettings replica, PostgresEndpoint primary) {
    return primary.withHosts(
        List.of(new HostPort(replica.host(), replica.port())), PostgresEndpoint.Target.ANY);
  }

  public String name() {
    return settings.name();
  }

  public ReplicaKind kind() {
    return settings.kind();
  }

  /** The data directory. */
  public Path directory() {
    return settings.directory();
  }

  /** On its feed; empty for one that is fed from the archive alone. */
  public Optional<SlotName> slot() {
    return settings.slot().map(SlotName::new);
  }

  /** What its server prints goes here. */
  public Path log() {
    return settings.log().orElseGet(home::log);
  }
}
