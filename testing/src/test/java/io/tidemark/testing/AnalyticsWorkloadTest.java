package io.tidemark.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;

final class AnalyticsWorkloadTest {
  private static final PostgresBinaries NEWEST = PostgresBinaries.of(PostgresBinaries.NEWEST);
  private static final String ALL = "true";

  @Test
  void writesTheSameRowsForTheSameSeed() {
    try (TestCluster cluster = TestCluster.builder(NEWEST).fsync(false).start()) {
      write(cluster, "one", 7);
      write(cluster, "same", 7);
      write(cluster, "other", 8);
      List<AnalyticsCheckedTable> tables = tablesOf(cluster, "one");
      assertThat(AnalyticsChecker.between(cluster, "one", cluster, "same").differences(tables))
          .isEmpty();
      assertThat(AnalyticsChecker.between(cluster, "one", cluster, "other").differences(tables))
          .anyMatch(line -> line.startsWith("public.customers: "));
    }
  }

  private static void write(TestCluster cluster, String database, long seed) {
    try (AnalyticsWorkload workload =
        AnalyticsWorkload.on(cluster, database)
            .seed(seed)
            .threads(1)
            .largeTransactionRows(200)
            .transactionsPerThread(150)
            .start()) {
      workload.awaitEnd();
      workload.stop();
      assertThat(workload.acknowledged()).isEqualTo(Map.of(1, 150L));
    }
  }

  /** All but the ledger, which has transaction ids. */
  private static List<AnalyticsCheckedTable> tablesOf(TestCluster cluster, String database) {
    try (AnalyticsWorkload workload =
        AnalyticsWorkload.on(cluster, database).threads(1).transactionsPerThread(0).start()) {
      return workload.checks("public", ALL).stream()
          .filter(table -> !table.source().equals("public.ledger"))
          .toList();
    }
  }

  @Test
  void writesWhatItPromisesAndKeepsItsInvariantsWhileTablesChange() {
    long seed = RandomGenerator.getDefault().nextLong();
    System.out.println("AnalyticsWorkloadTest seed " + seed);
    try (TestCluster cluster = TestCluster.builder(NEWEST).fsync(false).start();
        AnalyticsWorkload workload =
            AnalyticsWorkload.on(cluster, "shop")
                .schema("app")
                .seed(seed)
                .threads(3)
                .largeTransactionRows(2000)
                .largeTransactionEvery(40)
                .schemaChangeEvery(15)
                .start()) {
      AnalyticsInvariants invariants =
          AnalyticsInvariants.in(cluster, "shop", "app").source(ALL, workload.balance());
      Set<String> filled = new TreeSet<>();
      for (int look = 0; look < 10; look++) {
        workload.awaitMore(60);
        assertThat(invariants.violations()).isEmpty();
        workload.pause();
        workload.checks("app", ALL).stream()
            .map(AnalyticsCheckedTable::source)
            .filter(table -> !ask(cluster, "SELECT count(*) FROM " + table).equals("0"))
            .forEach(filled::add);
        workload.resume();
      }
      assertThat(filled).hasSize(10);
      workload.stop();
      assertThat(workload.committed()).isGreaterThanOrEqualTo(600);
      assertThat(invariants.violations()).isEmpty();
      assertThat(invariants.arrived(ALL)).isEqualTo(workload.acknowledged());
      assertPlanted(cluster, workload);
      assertThat(ask(cluster, columnsOfCustomers())).matches("\\d\\d?");
    }
  }

  private static String columnsOfCustomers() {
    return "SELECT count(*) FROM pg_attribute WHERE attrelid = 'app.customers'::regclass"
        + " AND attname ~ '^(extra|fixed|renamed)_' HAVING count(*) > 0";
  }

  private static void assertPlanted(TestCluster cluster, AnalyticsWorkload workload) {
    String unplanted =
        "SELECT count(*) FROM (SELECT email FROM app.customers UNION ALL SELECT name"
            + " FROM app.customers UNION ALL SELECT author FROM app.notes UNION ALL"
            + " SELECT contact FROM app.log UNION ALL SELECT phone FROM app.customers) p(v)"
            + " WHERE v NOT LIKE '%"
            + workload.plantedPrefix()
            + "%'";
    assertThat(ask(cluster, unplanted)).isEqualTo("0");
    assertThat(workload.plantedPrefix()).matches("pii[0-9a-f]{16}");
    assertThat(workload.plantedTokens())
        .hasSize(1000)
        .allMatch(token -> token.startsWith(workload.plantedPrefix()));
  }

  private static String ask(TestCluster cluster, String query) {
    return new SqlClient(cluster.jdbc("shop"), cluster.user(), cluster.password()).value(query);
  }

  @Test
  void storesDetailsOutOfLineAndSpreadsEventsOverPartitions() {
    try (TestCluster cluster = TestCluster.builder(NEWEST).fsync(false).start();
        AnalyticsWorkload workload =
            AnalyticsWorkload.on(cluster, "shop").truncates(false).start()) {
      workload.awaitMore(200);
      workload.stop();
      for (String partition : List.of("events_2026_01", "events_2026_02", "events_other")) {
        String outOfLine =
            "SELECT pg_relation_size(reltoastrelid) FROM pg_class WHERE relname = '%s'";
        assertThat(Long.parseLong(ask(cluster, outOfLine.formatted(partition)))).isPositive();
      }
      String twice =
          "SELECT count(*) FROM (SELECT n::text FROM notes n GROUP BY 1 HAVING count(*) > 1) t";
      assertThat(Long.parseLong(ask(cluster, twice))).isPositive();
    }
  }

  @Test
  void goesOnAfterEachKillAndMissesNothingAcknowledged() {
    PostgresBinaries oldest = PostgresBinaries.of(PostgresBinaries.OLDEST);
    try (TestCluster cluster = TestCluster.builder(oldest).fsync(false).start();
        AnalyticsWorkload workload =
            AnalyticsWorkload.on(cluster, "shop").largeTransactionRows(500).start()) {
      AnalyticsInvariants invariants =
          AnalyticsInvariants.in(cluster, "shop", "public").source(ALL, workload.balance());
      for (int round = 0; round < 3; round++) {
        workload.awaitMore(40);
        cluster.kill9();
        Map<Integer, Long> acknowledged = workload.acknowledged();
        cluster.start();
        assertThat(invariants.violations()).isEmpty();
        acknowledged.forEach(
            (worker, seq) ->
                assertThat(invariants.arrived(ALL).getOrDefault(worker, 0L))
                    .isGreaterThanOrEqualTo(seq));
      }
      workload.stop();
    }
  }

  @Test
  void throwsWhatEndedAThread() {
    try (TestCluster cluster = TestCluster.builder(NEWEST).fsync(false).start();
        AnalyticsWorkload workload = AnalyticsWorkload.on(cluster, "shop").rate(100).start()) {
      workload.awaitMore(5);
      new SqlClient(cluster.jdbc("shop"), cluster.user(), null).execute("DROP TABLE tally");
      assertThatThrownBy(() -> workload.awaitMore(100_000)).hasStackTraceContaining("tally");
    }
  }

  @Test
  void invariantsSeeATornALostAndARepeatedTransaction() {
    try (TestCluster cluster = TestCluster.builder(NEWEST).fsync(false).start();
        AnalyticsWorkload workload =
            AnalyticsWorkload.on(cluster, "shop").transactionsPerThread(20).start()) {
      workload.awaitEnd();
      AnalyticsInvariants invariants =
          AnalyticsInvariants.in(cluster, "shop", "public").source(ALL, workload.balance());
      assertThat(invariants.violations()).isEmpty();
      SqlClient shop = new SqlClient(cluster.jdbc("shop"), cluster.user(), cluster.password());
      shop.execute("UPDATE accounts SET balance = balance + 1 WHERE id = 7");
      assertThat(invariants.violations())
          .containsExactly("true: accounts hold 100001 instead of 100000: a torn transaction");
      shop.execute(
          "UPDATE accounts SET balance = balance - 1 WHERE id = 7",
          "DELETE FROM ledger WHERE worker = 1 AND seq = 20");
      assertThat(invariants.violations())
          .containsExactly(
              "true: thread 1: ledger ends at 19, tally says 20",
              "true: thread 1 went back from 20 to 19");
      shop.execute("DELETE FROM ledger WHERE worker = 2 AND seq = 5");
      assertThat(invariants.violations())
          .contains("true: thread 2: 19 numbers up to 20 in the ledger");
      shop.execute(
          "ALTER TABLE ledger DROP CONSTRAINT ledger_pkey",
          "INSERT INTO ledger SELECT * FROM ledger WHERE seq = 3 AND worker = 2");
      assertThat(invariants.violations())
          .contains("true: thread 2: 20 rows for 19 numbers in the ledger");
      shop.execute("DELETE FROM ledger WHERE worker = 2", "DELETE FROM tally WHERE worker = 2");
      assertThat(invariants.violations()).contains("true: thread 2 went back from 20 to 0");
    }
  }
}
