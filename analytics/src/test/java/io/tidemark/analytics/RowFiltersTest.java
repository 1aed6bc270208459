package io.tidemark.analytics;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.testing.TestCluster;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Filters of rows, as a plan sees them before anything is begun. */
final class RowFiltersTest {
  /** With full identity all must be named. */
  private static final Map<String, String> COLUMNS =
      Map.of(
          "orders", "id, Site, total",
          "whole", "id, total, doc",
          "keyless", "id, total",
          "parted", "id, total");

  private static TestCluster cluster;

  @BeforeAll
  static void start() {
    cluster = Warehouse.source(15);
    Warehouse.sql(
        cluster,
        "CREATE TABLE public.orders (id int, \"Site\" text, total numeric, note text,"
            + " PRIMARY KEY (id, \"Site\"))",
        "CREATE TABLE public.whole (id int PRIMARY KEY, total numeric, doc jsonb)",
        "ALTER TABLE public.whole REPLICA IDENTITY FULL",
        "CREATE TABLE public.keyless (id int, total numeric)",
        "CREATE TABLE public.parted (id int PRIMARY KEY, total numeric) PARTITION BY RANGE (id)",
        "CREATE TABLE public.parted_1 PARTITION OF parted FOR VALUES FROM (0) TO (10)");
  }

  @AfterAll
  static void stop() {
    cluster.close();
  }

  private static FeedPlan plan(String table, String more, String where) {
    String rule =
        "public.%s: {columns: [%s], where: '%s'%s}"
            .formatted(table, COLUMNS.get(table), where.replace("'", "''"), more);
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
          whole  | total > 0
          whole  | doc ? 'on'
          parted | id > 1
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
          total > 0                                | uses total, which
          id > 0 AND (note = 'total' OR total > 1) | uses note, total, which
          orders.total IS NULL                     | uses total, which
          """)
  void aFilterByOtherColumnsIsRefused(String where, String found) {
    FeedPlan plan = plan("orders", "", where);
    assertThat(plan.tables()).isEmpty();
    assertThat(plan.problems())
        .singleElement()
        .satisfies(problem -> assertThat(problem.found()).contains(found));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          no_such > 1          | column "no_such" does not exist
          id >                 | syntax error
          id                   | must be type boolean
          total > random()     | mutable functions are not allowed
          id IN (SELECT 1)     | invalid publication WHERE expression
          """)
  void whatTheServerRefusesIsRefused(String where, String found) {
    FeedPlan plan = plan("whole", "", where);
    assertThat(plan.tables()).isEmpty();
    assertThat(plan.problems())
        .singleElement()
        .satisfies(
            problem -> assertThat(problem.found()).contains("its where: cannot be used", found));
  }

  @Test
  void insertsMayBeFilteredByAnything() {
    assertThat(plan("keyless", ", without-key: append", "total > 0").problems()).isEmpty();
  }

  @Test
  void aPlanLeavesNoPublication() {
    plan("orders", "", "total > 0");
    plan("whole", "", "no_such > 1");
    assertThat(Warehouse.in(cluster, "app", "SELECT pubname FROM pg_publication")).isEmpty();
  }

  /** One table that is refused stops no other. */
  @Test
  void copyAndStreamHaveTheRowsOfTheFilterOnly() {
    try (TestCluster source = Warehouse.source(15);
        Warehouse world = new Warehouse(cluster).with("one", source)) {
      Warehouse.sql(
          source,
          "CREATE TABLE docs (id int PRIMARY KEY, doc jsonb)",
          "ALTER TABLE docs REPLICA IDENTITY FULL",
          "INSERT INTO docs VALUES (1, '{\"on\": 1}'), (2, '{}')",
          "CREATE TABLE odd (id int PRIMARY KEY, v int)");
      world
          .tables(
              """
              public.docs: {columns: [id, doc], where: "doc ? 'on'"}
              public.odd: {columns: [id, v], where: "v > random()"}
              """)
          .start();
      world.awaitLevel("one");
      Warehouse.sql(
          source,
          "INSERT INTO docs VALUES (3, '{\"on\": 2}'), (4, '{\"off\": 2}')",
          "UPDATE docs SET doc = '{\"on\": 3}' WHERE id = 2",
          "UPDATE docs SET doc = '{}' WHERE id = 1");
      world.awaitLevel("one");
      assertThat(world.rows("SELECT id::text, doc::text FROM school.docs ORDER BY id"))
          .containsExactly(List.of("2", "{\"on\": 3}"), List.of("3", "{\"on\": 2}"));
      assertThat(world.rows("SELECT state FROM tidemark.table_state WHERE target_table = 'odd'"))
          .containsExactly(List.of("refused"));
    }
  }
}
