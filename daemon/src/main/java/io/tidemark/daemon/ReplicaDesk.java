package io.tidemark.daemon;

import io.tidemark.config.ClusterSettings;
import io.tidemark.config.Configuration;
import io.tidemark.config.ReplicaSettings;
import io.tidemark.replicamanager.ArchivedWal;
import io.tidemark.replicamanager.ReplicaHome;
import io.tidemark.replicamanager.ReplicaSpec;
import io.tidemark.repository.ClusterRepository;
import java.time.Duration;
import java.util.Optional;

/** What a command on one replica works with. */
final class ReplicaDesk implements AutoCloseable {
  /** A turn of the daemon is over by then, unless it builds. */
  private static final Duration LOCK_LIMIT = Duration.ofSeconds(30);

  private final Wiring wiring;
  private final ClusterSettings cluster;
  private final ReplicaSpec spec;

  private ReplicaDesk(Wiring wiring, ClusterSettings cluster, ReplicaSpec spec) {
    this.wiring = wiring;
    this.cluster = cluster;
    this.spec = spec;
  }

  static ReplicaDesk open(Invocation invocation, String name) {
    Configuration configuration = invocation.configuration();
    ReplicaSettings settings = configuration.replica(name);
    ReplicaSpec spec = ReplicaSpec.of(configuration, settings, Invocation.launcher());
    return new ReplicaDesk(
        invocation.wiring(configuration), configuration.cluster(settings.cluster()), spec);
  }

  ReplicaSpec spec() {
    return spec;
  }

  String name() {
    return spec.name();
  }

  ClusterSettings cluster() {
    return cluster;
  }

  Wiring wiring() {
    return wiring;
  }

  ClusterRepository repository() {
    return wiring.repository(cluster);
  }

  /** The daemon leaves the replica alone while this is open. */
  ReplicaHome.Lock lock() throws InterruptedException {
    return spec.home().lock(LOCK_LIMIT);
  }

  /** What is archived now. */
  Optional<ArchivedWal> archived() {
    return ArchivedWal.of(repository());
  }

  @Override
  public void close() {
    wiring.close();
  }
}
