package io.tidemark.analytics;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.testing.AnalyticsChecker;
import io.tidemark.testing.AnalyticsInvariants;
import io.tidemark.testing.AnalyticsWorkload;
import io.tidemark.testing.LogWatch;
import io.tidemark.testing.TestCluster;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** One source, followed while somebody writes to it. */
final class FeedTest {
  static final String WORKLOAD_TABLES =
      """
      shop.ledger: {columns: [worker, seq, xid]}
      shop.tally: {columns: [worker, last_seq]}
      shop.accounts: {columns: [id, balance]}
      shop.customers: {columns: [id, email, name, phone, country, born, position, updated_at]}
      shop.orders: {columns: [id, shop, no, customer_id, total, created_at]}
      shop.order_lines: {columns: [order_id, line, article, quantity]}
      shop.events: {columns: [id, at, kind, state, detail]}
      shop.readings: {columns: [worker, seq, n, value, note]}
      shop.notes: {columns: [worker, topic, author, body, tags]}
      shop.log: {columns: [worker, line, contact], without-key: append}
      """;

  @RegisterExtension final LogWatch log = new LogWatch();

  /** Without notes, which have arrays, values come in binary form. */
  @ParameterizedTest
  @EnumSource(ValueForm.class)
  void theTargetIsAsTheSourceWasAtEveryPosition(ValueForm form) {
    List<String> left = form == ValueForm.TEXT ? List.of() : List.of("shop.notes");
    String tables =
        WORKLOAD_TABLES
            .lines()
            .filter(line -> left.stream().noneMatch(line::startsWith))
            .collect(Collectors.joining("\n", "", "\n"));
    try (TestCluster source =
            Warehouse.sourceBuilder(17).setting("logical_decoding_work_mem", "64kB").start();
        TestCluster target = TestCluster.start(15);
        AnalyticsWorkload workload =
            AnalyticsWorkload.on(source, "app").schema("shop").seed(7).threads(2).start()) {
      workload.awaitMore(300);
      try (Warehouse warehouse = new Warehouse(target).with("one", source).tables(tables).start()) {
        workload.awaitMore(500);
        AnalyticsInvariants invariants =
            AnalyticsInvariants.in(target, "warehouse", "school")
                .source(Warehouse.SITE, workload.balance());
        warehouse.awaitLevel("one");
        for (int round = 0; round < 20; round++) {
          workload.awaitMore(20);
          assertThat(invariants.violations()).isEmpty();
        }
        workload.pause();
        warehouse.awaitLevel("one");
        assertThat(
                AnalyticsChecker.between(source, "app", target, "warehouse")
                    .differences(
                        workload.checks("school", Warehouse.SITE).stream()
                            .filter(check -> !left.contains(check.source()))
                            .toList()))
            .as(warehouse.story("one"))
            .isEmpty();
        assertThat(warehouse.form("one")).contains(form);
      }
    }
  }
}
