package io.tidemark.analytics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.tidemark.testing.AnalyticsCheckedTable;
import io.tidemark.testing.AnalyticsChecker;
import io.tidemark.testing.LogWatch;
import io.tidemark.testing.PostgresBinaries;
import io.tidemark.testing.TestCluster;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * A copy that was broken off, and rows that go from a part of the table to another before it goes
 * on. Bodies are out of line, and an update that leaves them alone does not send them.
 */
final class FeedResumeTest {
  private static final int ROWS = 8000;

  @RegisterExtension final LogWatch log = new LogWatch();
  private TestCluster source;
  private TestCluster target;
  private Warehouse warehouse;

  @BeforeEach
  void begin() {
    source = Warehouse.source(17);
    target = TestCluster.builder(PostgresBinaries.of(16)).fsync(false).start();
    Warehouse.sql(
        source,
        "CREATE TABLE docs (id int PRIMARY KEY, pad text, body text)",
        "ALTER TABLE docs ALTER body SET STORAGE EXTERNAL, SET (autovacuum_enabled = false)",
        "INSERT INTO docs SELECT i, repeat('p', 500), CASE WHEN i % 50 = 0 OR i > 7900 THEN repeat('b', 3000)"
            + " END FROM generate_series(1, %d) i".formatted(ROWS),
        "VACUUM docs");
    warehouse =
        new Warehouse(target)
            .with("one", source)
            .tables("public.docs: {columns: [id, pad, body]}")
            .pipeline("copy: {range: 1MiB, rate: 1MiB/s, workers: 1}");
  }

  @AfterEach
  void end() {
    warehouse.close();
    source.close();
    target.close();
  }

  /** The first part is there, and the last is not. */
  private void breakOff() {
    warehouse.start();
    await()
        .atMost(Duration.ofSeconds(30))
        .pollInterval(Duration.ofMillis(20))
        .until(() -> !ranges().isEmpty());
    warehouse.stop("one");
    assertThat(ranges()).contains("0").hasSizeLessThan(4);
    // The rest need not be slow.
    warehouse.pipeline("copy: {range: 1MiB, workers: 1}");
  }

  private List<String> ranges() {
    if (warehouse.rows("SELECT FROM pg_class WHERE relname = 'verification'").isEmpty()) {
      return List.of();
    }
    return warehouse.rows("SELECT first_block FROM tidemark.copy_range").stream()
        .map(row -> String.valueOf(row.getFirst()))
        .toList();
  }

  private void assertEqual() {
    warehouse.awaitLevel("one");
    assertThat(
            AnalyticsChecker.between(source, "app", target, "warehouse")
                .differences(
                    List.of(
                        AnalyticsCheckedTable.of("public.docs", "school.docs")
                            .columns("id", "pad", "body")
                            .keyedBy("id")
                            .targetWhere(Warehouse.SITE))))
        .as(warehouse.story("one"))
        .isEmpty();
  }

  private long block(int id) {
    return Long.parseLong(
        String.valueOf(
            Warehouse.in(
                    source,
                    "app",
                    "SELECT (ctid::text::point)[0]::bigint FROM docs WHERE id = " + id)
                .getFirst()
                .getFirst()));
  }

  private long requests() {
    return warehouse.rows("SELECT FROM tidemark.request").size();
  }

  @Test
  void rowsThatMovedOnAreThereOnce() {
    breakOff();
    Warehouse.sql(
        source,
        "UPDATE docs SET pad = repeat('q', 500) WHERE id <= 100",
        "UPDATE docs SET id = id + 100000 WHERE id BETWEEN 150 AND 200",
        "DELETE FROM docs WHERE id BETWEEN 210 AND 220",
        "INSERT INTO docs SELECT i, 'again', NULL FROM generate_series(215, 220) i");
    assertThat(block(50)).isGreaterThan(block(ROWS));
    assertThat(block(100_150)).isGreaterThan(block(ROWS));
    warehouse.run("one");
    assertEqual();
    assertThat(requests()).isZero();
  }

  @Test
  void rowsThatMovedToWhereTheCopyHasBeenAreNotLost() {
    breakOff();
    Warehouse.sql(
        source,
        "DELETE FROM docs WHERE id BETWEEN 1 AND 49",
        "VACUUM (INDEX_CLEANUP on, TRUNCATE off) docs",
        "UPDATE docs SET pad = repeat('q', 500) WHERE id BETWEEN %d AND %d"
            .formatted(ROWS - 100, ROWS));
    assertThat(
            Warehouse.in(
                source,
                "app",
                "SELECT FROM docs WHERE id > %d AND ctid < '(100,0)'".formatted(ROWS - 100)))
        .isNotEmpty();
    warehouse.run("one");
    await().atMost(Duration.ofSeconds(60)).until(() -> requests() == 1);
    await()
        .atMost(Duration.ofSeconds(60))
        .until(
            () ->
                !warehouse
                    .rows("SELECT FROM tidemark.request WHERE outcome = 'planned'")
                    .isEmpty());
    assertEqual();
  }
}
