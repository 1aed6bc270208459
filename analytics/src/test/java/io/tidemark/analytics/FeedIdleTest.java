package io.tidemark.analytics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.tidemark.postgres.Lsn;
import io.tidemark.testing.LogWatch;
import io.tidemark.testing.TcpProxy;
import io.tidemark.testing.TestCluster;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** A published database in which nothing happens, on a server where much does; and what fails. */
final class FeedIdleTest {
  private static final Duration LIMIT = Duration.ofMinutes(1);
  private static final String TABLES = "public.t: {columns: [id]}\n";

  @RegisterExtension final LogWatch log = new LogWatch();

  private static TestCluster source() {
    TestCluster source = Warehouse.source(17);
    Warehouse.sql(source, "CREATE TABLE t (id int PRIMARY KEY)", "INSERT INTO t VALUES (1)");
    source.sql("CREATE TABLE busy (i int, filler text)");
    return source;
  }

  /** WAL of another database, about 16 MiB. */
  private static Lsn busy(TestCluster source) {
    source.sql(
        "INSERT INTO busy SELECT i, repeat('x', 1000) FROM generate_series(1, 15000) i",
        "TRUNCATE busy",
        "CHECKPOINT");
    return Lsn.parse(source.value("SELECT pg_current_wal_lsn()"));
  }

  private static Lsn slot(TestCluster source, String column) {
    return Lsn.parse(
        source.value(
            "SELECT " + column + " FROM pg_replication_slots WHERE slot_name LIKE 'tidemark%'"));
  }

  /** The server itself logs what runs, at a checkpoint, and from there a slot can begin again. */
  private static void awaitReleased(TestCluster source, Lsn end) {
    await()
        .atMost(LIMIT)
        .pollInterval(Duration.ofSeconds(1))
        .until(
            () -> {
              source.sql("CHECKPOINT");
              return slot(source, "restart_lsn").isAtLeast(end);
            });
  }

  @Test
  void anIdleDatabaseReleasesTheWalOfABusyServerAndItsDataStaysFresh() {
    try (TestCluster source = source();
        TestCluster target = TestCluster.start(15);
        Warehouse warehouse = new Warehouse(target).with("one", source).tables(TABLES).start()) {
      warehouse.awaitLevel("one");
      Lsn end = busy(source);
      awaitReleased(source, end);
      await()
          .atMost(LIMIT)
          .until(
              () ->
                  warehouse
                      .rows("SELECT age < interval '5 s' AND site = 'one' FROM tidemark.data_as_of")
                      .toString()
                      .equals("[[t]]"));

      // Without beats nothing comes from the database at all.
      warehouse.stop("one");
      warehouse.pipeline("freshness: 1h").heartbeat("10m").run("one");
      warehouse.awaitLevel("one");
      awaitReleased(source, busy(source));

      warehouse.wish("one", "paused");
      await().atMost(LIMIT).until(() -> warehouse.status("one").decision().word().equals("wait"));
      Lsn kept = slot(source, "restart_lsn");
      Warehouse.sql(source, "INSERT INTO t VALUES (2)");
      busy(source);
      assertThat(slot(source, "restart_lsn")).isEqualTo(kept);
      warehouse.wish("one", "running");
      warehouse.awaitLevel("one");
      assertThat(warehouse.rows("SELECT count(*) FROM school.t").toString()).isEqualTo("[[2]]");
    }
  }

  @Test
  void goesOnByItselfAfterRestartsAndWithoutItsNetworkAndLosesNothing() {
    try (TestCluster source = source();
        TestCluster target = TestCluster.start(15);
        TcpProxy proxy = TcpProxy.to(source.port());
        Warehouse warehouse =
            new Warehouse(target).with("one", source, proxy.port()).tables(TABLES).start()) {
      warehouse.awaitLevel("one");
      source.restart();
      insert(source, warehouse, 2);
      target.restart();
      insert(source, warehouse, 3);
      proxy.down();
      Warehouse.sql(source, "INSERT INTO t VALUES (4)");
      await().atMost(LIMIT).until(() -> warehouse.status("one").failure().isPresent());
      proxy.pass();
      insert(source, warehouse, 5);
      assertThat(warehouse.rows("SELECT count(*), max(id) FROM school.t").toString())
          .isEqualTo("[[5, 5]]");
      assertThat(warehouse.status("one").rebuilds()).isZero();
      assertThat(warehouse.status("one").missingRows()).isZero();
    }
  }

  private static void insert(TestCluster source, Warehouse warehouse, int id) {
    Warehouse.sql(source, "INSERT INTO t VALUES (" + id + ")");
    await()
        .atMost(LIMIT)
        .ignoreExceptions()
        .untilAsserted(
            () ->
                assertThat(warehouse.rows("SELECT max(id) FROM school.t").toString())
                    .as(warehouse.story("one"))
                    .isEqualTo("[[" + id + "]]"));
  }
}
