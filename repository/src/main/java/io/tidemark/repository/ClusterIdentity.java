package io.tidemark.repository;

import io.tidemark.postgres.PostgresMajor;
import io.tidemark.postgres.PostgresSession;
import io.tidemark.postgres.SystemId;
import io.tidemark.postgres.WalSegmentSize;
import java.time.Instant;

/**
 * Which PostgreSQL cluster a part of a repository belongs to: {@code cluster.json}.
 *
 * @param postgresMajor 15 or more
 * @param encrypted whether content is encrypted
 */
public record ClusterIdentity(
    SystemId systemId,
    int postgresMajor,
    WalSegmentSize walSegmentSize,
    boolean encrypted,
    Instant createdAt) {

  /** Of the cluster of a server, for a repository that is made now. */
  public static ClusterIdentity of(PostgresSession server, boolean encrypted) {
    return new ClusterIdentity(
        server.systemIdentifier(),
        PostgresMajor.of(server.serverVersion().major()).number(),
        server.walSegmentSize(),
        encrypted,
        Instant.now());
  }
}
