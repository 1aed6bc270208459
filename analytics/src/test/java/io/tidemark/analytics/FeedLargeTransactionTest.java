package io.tidemark.analytics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.tidemark.testing.PostgresBinaries;
import io.tidemark.testing.TemporaryDirectory;
import io.tidemark.testing.TestCluster;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/**
 * One transaction with millions of rows in the memory of a small daemon; {@code
 * -Dtidemark.large.rows=5000000}. Too long for every build.
 */
@EnabledIfSystemProperty(named = "tidemark.large.rows", matches = "\\d+")
final class FeedLargeTransactionTest {
  private static final long MOST_BYTES = 512L << 20;
  private static final Duration LIMIT = Duration.ofMinutes(20);

  @Test
  void passesInBoundedMemory() throws IOException {
    int rows = Integer.getInteger("tidemark.large.rows", 0);
    try (TestCluster source = Warehouse.sourceBuilder(17).setting("max_wal_size", "8GB").start();
        TestCluster target =
            TestCluster.builder(PostgresBinaries.of(16))
                .fsync(false)
                .setting("max_wal_size", "8GB")
                .start();
        TemporaryDirectory home = TemporaryDirectory.create("tidemark-large-")) {
      source.sql("CREATE DATABASE app");
      target.sql("CREATE DATABASE warehouse");
      Warehouse.sql(source, "CREATE TABLE facts (id int PRIMARY KEY, at timestamptz, note text)");
      Path file = home.path().resolve("tidemark.yaml");
      Files.writeString(file, configuration(source, target, home.path().resolve("spool")));
      try (FeedProcess process =
          FeedProcess.start(file, home.path().resolve("feeds.log"), "-Xmx256m")) {
        await().atMost(LIMIT).until(() -> process.log().contains("follows its source"));
        long begun = System.nanoTime();
        Warehouse.sql(
            source,
            "INSERT INTO facts SELECT i, now(), 'fact ' || i FROM generate_series(1, %d) i"
                .formatted(rows));
        long committed = System.nanoTime();
        await()
            .atMost(LIMIT)
            .pollInterval(Duration.ofMillis(500))
            .failFast("the feed has ended", () -> !process.isAlive())
            .until(
                () ->
                    !Warehouse.in(target, "warehouse", "SELECT FROM school.facts LIMIT 1")
                        .isEmpty());
        System.out.printf(
            "%d rows: committed after %d s, in the target %d s later; peak %d MiB resident%n",
            rows,
            Duration.ofNanos(committed - begun).toSeconds(),
            Duration.ofNanos(System.nanoTime() - committed).toSeconds(),
            process.peakBytes() >> 20);
        assertThat(Warehouse.in(target, "warehouse", "SELECT count(*) FROM school.facts"))
            .isEqualTo(List.of(List.of("" + rows)));
        assertThat(process.peakBytes()).isLessThanOrEqualTo(MOST_BYTES);
      }
    }
  }

  private static String configuration(TestCluster source, TestCluster target, Path spool) {
    return """
    repositories: {r: {type: posix, path: /nonexistent}}
    clusters:
      one: {repository: r, connection: {host: 127.0.0.1, port: %d, user: postgres}}
    analytics:
      target: {host: 127.0.0.1, port: %d, database: warehouse, user: postgres}
      spool-directory: %s
      pipelines:
        school:
          schema: school
          sources: {one: {cluster: one, database: app}}
          tables: {public.facts: {columns: [id, at, note]}}
    """
        .formatted(source.port(), target.port(), spool);
  }
}
