package io.tidemark.analytics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.tidemark.testing.LogWatch;
import io.tidemark.testing.TestCluster;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What was lost between a source and the target is brought in without emptying a table. */
final class ReloadTest {
  private static final String TABLES =
      """
      public.rows: {columns: [id, v, note]}
      public.texts: {columns: [name, v]}
      public.facts: {columns: [id, v], mode: history}
      """;
  private static final long ROWS = 20_000;

  private static TestCluster source;
  private static TestCluster target;
  private Warehouse warehouse;

  @RegisterExtension final LogWatch log = new LogWatch();

  @BeforeAll
  static void startClusters() {
    source = Warehouse.source(16);
    target = TestCluster.start(17);
  }

  @AfterAll
  static void endClusters() {
    target.close();
    source.close();
  }

  @BeforeEach
  void start() {
    log.expect("is brought in again");
    Warehouse.sql(
        source,
        "CREATE TABLE rows (id int PRIMARY KEY, v int, note text)",
        "INSERT INTO rows SELECT i, i, repeat('x', 40) FROM generate_series(1, " + ROWS + ") i",
        "CREATE TABLE texts (name text PRIMARY KEY, v int)",
        "INSERT INTO texts SELECT md5(i::text), i FROM generate_series(1, 3000) i",
        "CREATE TABLE facts (id int PRIMARY KEY, v int)",
        "INSERT INTO facts SELECT i, i FROM generate_series(1, 100) i",
        "ANALYZE");
    warehouse = new Warehouse(target).with("one", source).tables(TABLES).start();
    warehouse.awaitLevel("one");
    Warehouse.sql(source, "UPDATE facts SET v = v + 1000 WHERE id <= 10");
    warehouse.awaitLevel("one");
  }

  @AfterEach
  void end() {
    warehouse.close();
    target.sql("DROP DATABASE warehouse WITH (FORCE)");
    Warehouse.sql(
        source,
        Warehouse.SLOT_GONE,
        "DROP TABLE rows, texts, facts",
        "DROP PUBLICATION IF EXISTS tidemark_school_one");
  }

  private void assertEqual() {
    for (String query :
        List.of(
            "SELECT count(*), sum(id::bigint * v), md5(string_agg(id || note, ',' ORDER BY id))"
                + " FROM %s.rows",
            "SELECT count(*), sum(v), min(name), max(name) FROM %s.texts")) {
      assertThat(warehouse.rows(query.formatted("school")))
          .isEqualTo(Warehouse.in(source, "app", query.formatted("public")));
    }
    assertThat(warehouse.rows("SELECT id, v FROM school.facts WHERE _valid_to IS NULL ORDER BY id"))
        .isEqualTo(Warehouse.in(source, "app", "SELECT id, v FROM facts ORDER BY id"));
  }

  private void change() {
    Warehouse.sql(
        source,
        "UPDATE rows SET v = -v WHERE id % 100 = 1",
        "DELETE FROM rows WHERE id BETWEEN 5000 AND 5099",
        "INSERT INTO rows SELECT 50000 + i, i, 'new' FROM generate_series(1, 100) i",
        "DELETE FROM texts WHERE v % 50 = 0",
        "UPDATE texts SET v = v + 1 WHERE v % 50 = 1",
        "INSERT INTO texts VALUES ('Ä', 1), ('z''\\', 2), ('', 3)",
        "UPDATE facts SET v = 7 WHERE id = 50",
        "DELETE FROM facts WHERE id = 51",
        "INSERT INTO facts VALUES (500, 5)");
  }

  @Test
  void aLostSlotIsRebuiltWithoutEmptyingTables() throws InterruptedException {
    warehouse.stop("one");
    Warehouse.sql(source, Warehouse.SLOT_GONE);
    change();
    AtomicLong fewest = new AtomicLong(Long.MAX_VALUE);
    AtomicBoolean over = new AtomicBoolean();
    Thread reader =
        Thread.ofPlatform()
            .start(
                () -> {
                  while (!over.get()) {
                    long count =
                        Long.parseLong(
                            String.valueOf(
                                warehouse
                                    .rows("SELECT count(*) FROM school.rows")
                                    .getFirst()
                                    .getFirst()));
                    fewest.accumulateAndGet(count, Math::min);
                  }
                });
    warehouse.run("one");
    await().until(() -> warehouse.status("one").toString().contains("rebuilds=1"));
    warehouse.awaitLevel("one");
    over.set(true);
    reader.join();
    // A hundred are gone and a hundred new, which may come in a later chunk.
    assertThat(fewest.get()).isBetween(ROWS - 100, ROWS);
    assertEqual();
  }

  @Test
  void aTargetThatWasPutBackIsHealed() {
    warehouse.stop("one");
    warehouse.sql(
        "DELETE FROM school.rows WHERE id > 19000",
        "UPDATE school.texts SET v = 0 WHERE v < 20",
        "UPDATE tidemark.feed SET applied_lsn = '0/100'");
    warehouse.run("one");
    warehouse.awaitLevel("one");
    assertEqual();
    assertThat(warehouse.rows("SELECT bool_and(by_comparison) FROM tidemark.table_state"))
        .containsExactly(List.of("t"));
  }

  @Test
  void aResyncKeepsHistory() {
    List<List<@Nullable String>> before =
        warehouse.rows("SELECT * FROM school.facts WHERE _valid_to IS NOT NULL");
    assertThat(before).hasSize(10);
    warehouse.stop("one");
    Warehouse.sql(source, Warehouse.SLOT_GONE);
    change();
    warehouse.run("one");
    warehouse.awaitLevel("one");
    assertEqual();
    assertThat(
            warehouse.rows("SELECT * FROM school.facts WHERE _valid_to IS NOT NULL AND id <= 10"))
        .containsExactlyInAnyOrderElementsOf(before);
    assertThat(
            warehouse.rows(
                "SELECT id, v FROM school.facts WHERE _valid_to IS NOT NULL AND id > 10"))
        .containsExactlyInAnyOrder(List.of("50", "50"), List.of("51", "51"));
    assertThat(warehouse.rows("SELECT count(*) FROM school.facts WHERE id = 50 AND v = 7"))
        .containsExactly(List.of("1"));
  }

  @Test
  void aComparisonThatWasBrokenOffIsGoneOnWith() {
    warehouse.stop("one");
    Warehouse.sql(source, Warehouse.SLOT_GONE);
    change();
    warehouse.pipeline("copy: {rate: 512KiB/s}").run("one");
    await()
        .atMost(Duration.ofMinutes(1))
        .until(
            () ->
                !warehouse
                    .rows(
                        "SELECT FROM tidemark.table_state WHERE state = 'copying' AND"
                            + " by_comparison AND rows_copied > 0")
                    .isEmpty());
    warehouse.stop("one");
    assertThat(warehouse.rows("SELECT copied FROM tidemark.feed")).contains(List.of("f"));
    Warehouse.sql(
        source,
        "UPDATE rows SET v = 3 WHERE id % 500 = 2",
        "DELETE FROM rows WHERE id % 500 = 3",
        "UPDATE rows SET id = id + 100000 WHERE id % 500 = 4");
    warehouse.pipeline("").run("one");
    warehouse.awaitLevel("one");
    assertEqual();
  }
}
