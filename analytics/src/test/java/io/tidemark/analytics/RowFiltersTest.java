package io.tidemark.analytics;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.testing.TestCluster;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Filters of rows, as a plan sees them before anything is begun. */
final class RowFiltersTest {
  private static TestCluster cluster;

  @BeforeAll
  static void start() {
    cluster = Warehouse.source(15);
    Warehouse.sql(
        cluster,
        "CREATE TABLE public.orders (id int, \"Site\" text, total numeric, note text,"
            + " PRIMARY KEY (id, \"Site\"))",
        "CREATE TABLE public.whole (id int PRIMARY KEY, total numeric)",
        "ALTER TABLE public.whole REPLICA IDENTITY FULL",
        "CREATE TABLE public.keyless (id int, total numeric)");
  }

  @AfterAll
  static void stop() {
    cluster.close();
  }

  private static FeedPlan plan(String table, String more, String where) {
    String rule =
        "public.%s: {columns: [%s], where: '%s'%s}"
            .formatted(
                table,
                table.equals("orders") ? "id, Site, total" : "id, total",
                where.replace("'", "''"),
                more);
    try (Warehouse world = new Warehouse(cluster).with("one", cluster).tables(rule);
        FeedInspector inspector = new FeedInspector(world.spec("one"))) {
      return inspector.plan();
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '"',
      textBlock =
          """
          orders | id > 5 AND "Site" <> 'x'
          orders | orders.id > 5
          orders | length("Site") > 1 OR id IN (1, 2)
          whole      | total > 0
          """)
  void aFilterByTheIdentityIsTaken(String table, String where) {
    assertThat(plan(table, "", where).problems()).isEmpty();
    assertThat(plan(table, "", where).tables()).hasSize(1);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '"',
      textBlock =
          """
          total > 0                              | uses total, which
          id > 0 AND (note = 'total' OR total > 1) | uses total, note, which
          orders.total IS NULL            | uses total, which
          """)
  void aFilterByOtherColumnsIsRefused(String where, String found) {
    FeedPlan plan = plan("orders", "", where);
    assertThat(plan.tables()).isEmpty();
    assertThat(plan.problems())
        .singleElement()
        .satisfies(problem -> assertThat(problem.found()).contains(found));
  }

  @ParameterizedTest
  @CsvSource({"no_such > 1", "id >", "id"})
  void whatIsNoConditionIsRefused(String where) {
    assertThat(plan("whole", "", where).problems())
        .singleElement()
        .satisfies(problem -> assertThat(problem.found()).contains("no condition on its rows"));
  }

  @ParameterizedTest
  @CsvSource("total > 0")
  void insertsMayBeFilteredByAnything(String where) {
    assertThat(plan("keyless", ", without-key: append", where).problems()).isEmpty();
  }
}
