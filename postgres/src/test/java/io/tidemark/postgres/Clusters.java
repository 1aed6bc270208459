package io.tidemark.postgres;

import io.tidemark.config.ConnectionSettings.SslMode;
import io.tidemark.testing.PostgresBinaries;
import io.tidemark.testing.TestCluster;
import io.tidemark.testing.TestClusterBuilder;
import java.time.Duration;

/** What the connection tests need of test clusters. */
final class Clusters {
  private Clusters() {}

  static TestClusterBuilder builder(int major) {
    return TestCluster.builder(PostgresBinaries.of(major)).fsync(false);
  }

  static PostgresEndpoint endpoint(TestCluster cluster) {
    return PostgresEndpoint.to(hostPort(cluster), "postgres", cluster.user())
        .withTls(Tls.of(SslMode.PREFER))
        .withTimeouts(Duration.ofSeconds(10), Duration.ofSeconds(30));
  }

  static HostPort hostPort(TestCluster cluster) {
    return new HostPort(cluster.host(), cluster.port());
  }

  /** Some megabytes of WAL. */
  static void writeWal(TestCluster cluster, String table, int megabytes) {
    cluster.sql(
        "CREATE TABLE IF NOT EXISTS " + table + " (id bigserial, filler text)",
        "ALTER TABLE " + table + " ALTER filler SET STORAGE PLAIN",
        "INSERT INTO %s (filler) SELECT repeat(md5(i::text), 30) FROM generate_series(1, %d) i"
            .formatted(table, megabytes * 1000));
  }
}
