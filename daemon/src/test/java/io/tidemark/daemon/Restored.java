package io.tidemark.daemon;

import io.tidemark.postgres.PostgresServer;
import io.tidemark.restore.RecoveryProof;
import io.tidemark.restore.RestorePlan;
import io.tidemark.testing.ClusterContent;
import java.time.Duration;

/** A server that runs on what was restored; closing it stops it. */
record Restored(RestorePlan plan, RecoveryProof proof, PostgresServer server, int port)
    implements AutoCloseable {
  /** What its tables hold. */
  ClusterContent content() {
    return ClusterContent.of("jdbc:postgresql://127.0.0.1:" + port + "/postgres", "postgres", null);
  }

  @Override
  public void close() {
    server.stop(PostgresServer.StopMode.FAST, Duration.ofMinutes(1));
  }
}
