package io.tidemark.analytics;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.testing.AnalyticsCheckedTable;
import io.tidemark.testing.AnalyticsChecker;
import io.tidemark.testing.AnalyticsWorkload;
import io.tidemark.testing.LogWatch;
import io.tidemark.testing.TestCluster;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Changes are read, and rows copied, from a standby; each partition is a table. */
final class FeedStandbyTest {
  private static final List<String> PARTITIONS =
      List.of("events_2026_01", "events_2026_02", "events_other");

  @RegisterExtension final LogWatch log = new LogWatch();

  @Test
  void theStandbyIsReadAndThePrimaryIsNot() {
    // What the primary removes before it hears of the slot costs the slot, which is made anew.
    log.allow("has lost its WAL");
    try (TestCluster primary = Warehouse.sourceBuilder(16).start();
        TestCluster target = TestCluster.start(18);
        AnalyticsWorkload workload =
            AnalyticsWorkload.on(primary, "app").schema("shop").seed(11).truncates(false).start()) {
      workload.awaitMore(100);
      primary.sql("SELECT pg_create_physical_replication_slot('standby', true)");
      try (TestCluster standby =
              TestCluster.standbyOf(primary)
                  .setting("wal_level", "logical")
                  .setting("max_replication_slots", "20")
                  .setting("max_wal_senders", "20")
                  .setting("hot_standby_feedback", "on")
                  .setting("wal_receiver_status_interval", "1s")
                  .setting("primary_slot_name", "standby")
                  .start();
          Warehouse warehouse =
              new Warehouse(target)
                  .with("one", primary)
                  .source("one", ", decode-from: {port: %d}".formatted(standby.port()))
                  .pipeline("partitions: leaf")
                  .tables(
                      """
                      shop.accounts: {columns: [id, balance]}
                      shop.events_*: {columns: [id, at, kind, state, detail]}
                      """)
                  .start()) {
        warehouse.awaitLevel("one");
        workload.awaitMore(400);
        workload.pause();
        warehouse.awaitLevel("one");

        assertThat(
                AnalyticsChecker.between(primary, "app", target, "warehouse")
                    .differences(PARTITIONS.stream().map(FeedStandbyTest::partition).toList()))
            .as(warehouse.story("one"))
            .isEmpty();
        assertThat(
                standby.value(
                    "SELECT active FROM pg_replication_slots"
                        + " WHERE slot_name = 'tidemark_school_one'"))
            .isEqualTo("t");
        assertThat(
                primary.value(
                    "SELECT count(*) FROM pg_replication_slots WHERE slot_type = 'logical'"))
            .isEqualTo("0");
      }
    }
  }

  private static AnalyticsCheckedTable partition(String name) {
    return AnalyticsCheckedTable.of("shop." + name, "school." + name)
        .columns("id", "at", "kind", "state", "detail")
        .keyedBy("id", "at")
        .targetWhere(Warehouse.SITE);
  }
}
