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

/** A table of two sources, of which one gets another type of a column before the other does. */
final class FeedSharedTypesTest {
  private static final Duration LIMIT = Duration.ofMinutes(1);

  @RegisterExtension final LogWatch log = new LogWatch();

  @Test
  void aWiderTypeOfOneSourceIsTakenAndTheOtherGoesOn() {
    try (TestCluster one = source();
        TestCluster two = source();
        TestCluster target = TestCluster.start(17);
        Warehouse warehouse = new Warehouse(target).with("one", one).with("two", two)) {
      follow(warehouse);

      widen(one);
      Warehouse.sql(
          one, "INSERT INTO t VALUES (10000000000, 10000000000, 'longer than five', 12345.678)");
      Warehouse.sql(two, "UPDATE t SET n = n + 1", "INSERT INTO t VALUES (3, 3, 'three', 0.25)");
      requireEqual(warehouse, one, target, "one");
      requireEqual(warehouse, two, target, "two");

      warehouse.restart("two");
      // So many rows are copied, and what the column was would be read as another value.
      Warehouse.sql(
          two,
          "UPDATE t SET n = n + 1, x = 0.1",
          "DELETE FROM t WHERE id = 1",
          "INSERT INTO t SELECT i, i, i, i / 100.0 FROM generate_series(1000, 1999) i");
      requireEqual(warehouse, two, target, "two");

      widen(two);
      Warehouse.sql(
          two, "INSERT INTO t VALUES (10000000000, 10000000000, 'longer than five', 12345.678)");
      requireEqual(warehouse, two, target, "two");
      Warehouse.sql(one, "UPDATE t SET n = n + 1");
      requireEqual(warehouse, one, target, "one");
    }
  }

  @Test
  void aTypeThatTheOthersValuesDoNotHaveIsRefusedAndTheOtherGoesOn() {
    try (TestCluster one = source();
        TestCluster two = source();
        TestCluster target = TestCluster.start(17);
        Warehouse warehouse = new Warehouse(target).with("one", one).with("two", two)) {
      follow(warehouse);
      Warehouse.sql(
          one,
          "ALTER PUBLICATION tidemark_school_one DROP TABLE t",
          "ALTER TABLE t ALTER v TYPE int USING 1");
      Warehouse.sql(two, "UPDATE t SET n = n + 1");
      await()
          .atMost(LIMIT)
          .untilAsserted(
              () ->
                  assertThat(
                          warehouse.rows(
                              "SELECT note FROM tidemark.table_state WHERE source = 'one' AND state"
                                  + " = 'refused'"))
                      .singleElement()
                      .satisfies(
                          row ->
                              assertThat(row.getFirst())
                                  .contains(
                                      "v", "character varying", "integer", "make the sources")));
      requireEqual(warehouse, two, target, "two");
    }
  }

  private static void follow(Warehouse warehouse) {
    warehouse.tables("public.t: {columns: [id, n, v, x]}\n").start();
    warehouse.awaitLevel("one");
    warehouse.awaitLevel("two");
  }

  private static TestCluster source() {
    TestCluster cluster = Warehouse.source(17);
    Warehouse.sql(
        cluster,
        "CREATE TABLE t (id int PRIMARY KEY, n smallint, v varchar(5), x numeric(4,2))",
        "INSERT INTO t VALUES (1, 1, 'one', 0.1), (2, 2, 'two', NULL)");
    return cluster;
  }

  private static void widen(TestCluster source) {
    String publication =
        String.valueOf(
            Warehouse.in(
                    source, "app", "SELECT pubname FROM pg_publication WHERE pubname !~ '_append$'")
                .getFirst()
                .getFirst());
    Warehouse.sql(
        source,
        "ALTER PUBLICATION " + publication + " DROP TABLE t",
        "ALTER TABLE t ALTER id TYPE bigint, ALTER n TYPE bigint, ALTER v TYPE varchar(20), ALTER x"
            + " TYPE numeric");
  }

  private static void requireEqual(
      Warehouse warehouse, TestCluster source, TestCluster target, String site) {
    await()
        .atMost(LIMIT)
        .untilAsserted(
            () ->
                assertThat(
                        AnalyticsChecker.between(source, "app", target, "warehouse")
                            .differences(
                                List.of(
                                    AnalyticsCheckedTable.of("t", "school.t")
                                        .columns("id", "n", "v", "x")
                                        .targetWhere("_site = '%s'".formatted(site)))))
                    .as(warehouse.story(site))
                    .isEmpty());
  }
}
