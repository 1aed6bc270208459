package io.tidemark.analytics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.tidemark.testing.AnalyticsCheckedTable;
import io.tidemark.testing.AnalyticsChecker;
import io.tidemark.testing.LogWatch;
import io.tidemark.testing.TestCluster;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Sources with the same tables and the same keys, in one schema. */
final class FeedMergeTest {
  private static final Duration LIMIT = Duration.ofMinutes(2);
  private static final String RULES =
      """
      public.customers: {columns: [id, name]}
      public.orders: {columns: [id, total], mode: history}
      public.notes: {columns: [v], without-key: append}
      """;

  @RegisterExtension final LogWatch log = new LogWatch();

  @Test
  void whatIsDoneToOneSourceTouchesNoRowOfAnother() {
    try (TestCluster one = source(16);
        TestCluster two = source(17);
        TestCluster target = TestCluster.start(17)) {
      try (Warehouse warehouse = new Warehouse(target).with("one", one).with("two", two)) {
        warehouse.pipeline("label-columns: {site: branch, database: \"db\"}");
        warehouse.tables(RULES).start("one");
        warehouse.start("two");
        fill(one, "first");
        fill(two, "second");
        warehouse.awaitLevel("one");
        warehouse.awaitLevel("two");
        requireEqual(one, target, "one");
        requireEqual(two, target, "two");
        assertThat(
                warehouse.rows(
                    "SELECT DISTINCT conname::text, pg_get_constraintdef(oid) FROM pg_constraint"
                        + " WHERE contype = 'p' AND conrelid = 'school.customers'::regclass"))
            .containsExactly(List.of("customers_pkey", "PRIMARY KEY (branch, db, id)"));

        truncate(warehouse, one, two);
        pauseAndResume(warehouse, one, two, target);
        resync(warehouse, one, two, target);
        drop(warehouse, one, two, target);
        join(warehouse, one, two, target);
      }
    }
  }

  @Test
  void withoutLabelColumnsTheTargetIsAsItsOnlySource() {
    try (TestCluster one = source(15);
        TestCluster target = TestCluster.start(15)) {
      try (Warehouse warehouse = new Warehouse(target).with("one", one)) {
        warehouse.pipeline("label-columns: {}").tables(RULES).start("one");
        fill(one, "while copied");
        warehouse.awaitLevel("one");
        Warehouse.sql(
            one, "TRUNCATE notes", "INSERT INTO notes VALUES ('streamed')", "DELETE FROM orders");
        fill(one, "streamed");
        warehouse.awaitLevel("one");
        assertThat(
                warehouse.rows(
                    "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE contype = 'p'"
                        + " AND conrelid = 'school.customers'::regclass"))
            .containsExactly(List.of("PRIMARY KEY (id)"));
        assertThat(warehouse.rows("TABLE school.notes")).containsExactly(List.of("streamed"));
        assertThat(warehouse.rows("SELECT count(*) FROM school.orders WHERE _valid_to IS NULL"))
            .containsExactly(List.of("0"));
        assertThat(
                AnalyticsChecker.between(one, "app", target, "warehouse")
                    .differences(
                        List.of(
                            AnalyticsCheckedTable.of("customers", "school.customers")
                                .columns("id", "name"))))
            .isEmpty();
      }
    }
  }

  private static TestCluster source(int major) {
    TestCluster cluster = Warehouse.source(major);
    Warehouse.sql(
        cluster,
        "CREATE TABLE customers (id int PRIMARY KEY, name text)",
        "CREATE TABLE orders (id int PRIMARY KEY, total numeric)",
        "CREATE TABLE notes (v text)",
        "INSERT INTO notes VALUES ('copied')",
        "INSERT INTO customers SELECT i, 'customer ' || i FROM generate_series(1, 500) i",
        "INSERT INTO orders SELECT i, i / 8.0 FROM generate_series(1, 500) i");
    return cluster;
  }

  private static void fill(TestCluster source, String word) {
    Warehouse.sql(
        source,
        "UPDATE customers SET name = '%s ' || id WHERE id %% 3 = 0".formatted(word),
        "UPDATE orders SET total = total + 1 WHERE id % 5 = 0",
        "DELETE FROM customers WHERE id % 7 = 0",
        "INSERT INTO customers SELECT max(id) + 1, '%s' FROM customers".formatted(word));
  }

  private static void requireEqual(TestCluster source, TestCluster target, String site) {
    String own = "branch = '%s' AND db = 'app'".formatted(site);
    assertThat(
            AnalyticsChecker.between(source, "app", target, "warehouse")
                .differences(
                    List.of(
                        AnalyticsCheckedTable.of("customers", "school.customers")
                            .columns("id", "name")
                            .targetWhere(own),
                        AnalyticsCheckedTable.of("orders", "school.orders")
                            .columns("id", "total")
                            .targetWhere(own + " AND _valid_to IS NULL"))))
        .isEmpty();
  }

  private static List<List<String>> rowsOf(Warehouse warehouse, String site) {
    return List.copyOf(
        warehouse.rows(
            "SELECT 'c', xmin, ctid, c.* FROM school.customers c WHERE branch = '%1$s'"
                    .formatted(site)
                + " ORDER BY ctid"));
  }

  /** Also in the middle of a transaction: what it has inserted before is gone with the others. */
  private static void truncate(Warehouse warehouse, TestCluster one, TestCluster two) {
    Warehouse.sql(two, "INSERT INTO notes VALUES ('streamed')");
    Warehouse.sql(
        one,
        "BEGIN; INSERT INTO notes VALUES ('a'); TRUNCATE notes, orders, customers;"
            + " INSERT INTO notes VALUES ('b'); TRUNCATE notes; INSERT INTO notes VALUES ('c');"
            + " INSERT INTO orders VALUES (1, 1); INSERT INTO customers VALUES (1, 'first');"
            + " COMMIT",
        "INSERT INTO notes VALUES ('d')");
    warehouse.awaitLevel("two");
    warehouse.awaitLevel("one");
    assertThat(warehouse.rows("SELECT v FROM school.notes WHERE branch = 'one' ORDER BY v"))
        .containsExactly(List.of("c"), List.of("d"));
    assertThat(warehouse.rows("SELECT v FROM school.notes WHERE branch = 'two' ORDER BY v"))
        .containsExactly(List.of("copied"), List.of("streamed"));
    assertThat(
            warehouse.rows(
                "SELECT id FROM school.orders WHERE branch = 'one' AND _valid_to IS NULL"))
        .containsExactly(List.of("1"));
    assertThat(warehouse.rows("SELECT id FROM school.customers WHERE branch = 'one'"))
        .containsExactly(List.of("1"));
    Warehouse.sql(
        one,
        "INSERT INTO customers SELECT i, 'customer ' || i FROM generate_series(2, 500) i",
        "INSERT INTO orders SELECT i, i / 8.0 FROM generate_series(2, 500) i");
  }

  private static void pauseAndResume(
      Warehouse warehouse, TestCluster one, TestCluster two, TestCluster target) {
    warehouse.wish("one", "paused");
    await()
        .atMost(LIMIT)
        .until(
            () -> one.value("SELECT count(*) FROM pg_replication_slots WHERE active").equals("0"));
    List<List<String>> before = rowsOf(warehouse, "one");
    fill(one, "while paused");
    fill(two, "not paused");
    warehouse.awaitLevel("two");
    requireEqual(two, target, "two");
    assertThat(rowsOf(warehouse, "one")).isEqualTo(before);
    warehouse.wish("one", "running");
    warehouse.awaitLevel("one");
    requireEqual(one, target, "one");
  }

  private static void resync(
      Warehouse warehouse, TestCluster one, TestCluster two, TestCluster target) {
    warehouse.sql("DELETE FROM school.customers WHERE id < 10 AND branch = 'one'");
    List<List<String>> before = rowsOf(warehouse, "two");
    warehouse.sql(
        "INSERT INTO tidemark.request (pipeline, source, kind, detail)"
            + " VALUES ('school', 'one', 'resync', 'public.customers')");
    await()
        .atMost(LIMIT)
        .until(
            () ->
                !warehouse
                    .rows("SELECT FROM tidemark.request WHERE outcome = 'planned'")
                    .isEmpty());
    fill(one, "while resynced");
    warehouse.awaitLevel("one");
    requireEqual(one, target, "one");
    assertThat(rowsOf(warehouse, "two")).isEqualTo(before);
    await()
        .atMost(LIMIT)
        .until(() -> one.value("SELECT count(*) FROM pg_replication_slots").equals("1"));
    requireEqual(two, target, "two");
  }

  private static void drop(
      Warehouse warehouse, TestCluster one, TestCluster two, TestCluster target) {
    List<List<String>> before = rowsOf(warehouse, "one");
    warehouse.wish("one", "dropped");
    await()
        .atMost(LIMIT)
        .until(() -> warehouse.rows("SELECT FROM tidemark.feed WHERE source = 'one'").isEmpty());
    assertThat(one.value("SELECT count(*) FROM pg_replication_slots")).isEqualTo("0");
    assertThat(Warehouse.in(one, "app", "SELECT FROM pg_publication")).isEmpty();
    assertThat(rowsOf(warehouse, "one")).isEqualTo(before).isNotEmpty();
    fill(one, "nobody hears it");
    fill(two, "still heard");
    warehouse.awaitLevel("two");
    requireEqual(two, target, "two");
    assertThat(rowsOf(warehouse, "one")).isEqualTo(before);
    warehouse.stop("one");
  }

  /**
   * One that begins anew, and a third whose customers have another type, which others do not feel.
   */
  private static void join(
      Warehouse warehouse, TestCluster one, TestCluster two, TestCluster target) {
    warehouse.start("one");
    try (TestCluster three = source(15)) {
      Warehouse.sql(three, "ALTER TABLE customers ALTER name TYPE int USING 1");
      warehouse.with("three", three).start("three");
      fill(one, "anew");
      Warehouse.sql(three, "UPDATE customers SET name = 2", "UPDATE orders SET total = 0");
      fill(two, "beside");
      warehouse.awaitLevel("three");
      warehouse.awaitLevel("one");
      warehouse.awaitLevel("two");
      requireEqual(one, target, "one");
      requireEqual(two, target, "two");
      assertThat(
              warehouse.rows(
                  "SELECT count(*), sum(total) FROM school.orders WHERE branch = 'three' AND"
                      + " _valid_to IS NULL"))
          .containsExactly(List.of("500", "0"));
      assertThat(
              warehouse.rows(
                  "SELECT note FROM tidemark.table_state WHERE source = 'three' AND state ="
                      + " 'refused'"))
          .singleElement()
          .satisfies(
              note ->
                  assertThat(note.getFirst())
                      .contains("name", "text", "integer", "make the sources equal"));
      warehouse.stop("three");
    }
  }
}
