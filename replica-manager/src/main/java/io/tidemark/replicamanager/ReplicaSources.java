package io.tidemark.replicamanager;

import io.tidemark.postgres.PostgresEndpoint;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;

/**
 * The observers that replicas share: one session on a primary, whatever the number of its replicas.
 * Those of servers that nobody asks for any more stay until this is closed. Safe for use by many
 * threads.
 */
public final class ReplicaSources implements AutoCloseable {
  private final ConcurrentMap<PostgresEndpoint, PrimaryObserver> servers =
      new ConcurrentHashMap<>();

  /** What a server says; not used where there is none. */
  PrimaryView look(Optional<PostgresEndpoint> server) {
    return server
        .map(endpoint -> servers.computeIfAbsent(endpoint, PrimaryObserver::new).look())
        .orElseGet(PrimaryView.NotUsed::new);
  }

  /** The next look asks again: something was changed there. */
  void forget(ReplicaSpec replica) {
    replica.primary().map(servers::get).ifPresent(PrimaryObserver::forget);
    replica.feed().map(servers::get).ifPresent(PrimaryObserver::forget);
  }

  @Override
  public void close() {
    servers.values().forEach(PrimaryObserver::close);
    servers.clear();
  }
}
