package io.tidemark.analytics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.tidemark.testing.LogWatch;
import io.tidemark.testing.PostgresBinaries;
import io.tidemark.testing.TestCluster;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Where tables that came in beside go on in the main feed, while that one is behind them. */
final class SideFeedJoinTest {
  private static final Duration LIMIT = Duration.ofMinutes(1);

  /** Lets no change of a table through, but says so only after a while. */
  private static final String GATE =
      """
      CREATE FUNCTION school.wait() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        FOR turn IN 1..60 LOOP
          IF NOT EXISTS (SELECT FROM school.gate) THEN
            RETURN NEW;
          END IF;
          PERFORM pg_sleep(0.05);
        END LOOP;
        RAISE EXCEPTION 'the gate is closed' USING ERRCODE = 'lock_not_available';
      END $$
      """;

  @RegisterExtension final LogWatch log = new LogWatch();

  /** Of a table without a key a row that is taken twice is there twice. */
  @Test
  void whatTheSideFeedHasTakenTheMainOneLeavesOut() {
    try (TestCluster source = Warehouse.source(17);
        TestCluster target = TestCluster.builder(PostgresBinaries.of(16)).fsync(false).start();
        Warehouse warehouse = new Warehouse(target).with("one", source)) {
      Warehouse.sql(
          source,
          "CREATE TABLE held_up (id int PRIMARY KEY, v text)",
          "CREATE TABLE bag (v text)",
          "INSERT INTO held_up VALUES (1, 'before')",
          "INSERT INTO bag VALUES ('copied')");
      warehouse
          .tables(
              """
              public.held_up: {columns: [id, v]}
              public.bag: {columns: [v], without-key: append}
              """)
          .start();
      warehouse.awaitLevel("one");
      warehouse.sql(
          "CREATE TABLE school.gate AS SELECT 1",
          GATE,
          "CREATE TRIGGER wait BEFORE UPDATE ON school.held_up FOR EACH ROW EXECUTE FUNCTION"
              + " school.wait()",
          "INSERT INTO tidemark.request (pipeline, source, kind, detail)"
              + " VALUES ('school', 'one', 'resync', 'public.bag')");
      Warehouse.sql(source, "UPDATE held_up SET v = 'after'");
      await().atMost(LIMIT).until(() -> !warehouse.rows(side("applied_lsn > main")).isEmpty());
      Warehouse.sql(source, "INSERT INTO bag VALUES ('streamed')");
      await()
          .atMost(LIMIT)
          .until(
              () ->
                  !warehouse
                      .rows(
                          "SELECT FROM tidemark.table_state WHERE source_table = 'public.bag' AND"
                              + " role = 'main' AND skip_until > (SELECT applied_lsn FROM"
                              + " tidemark.feed WHERE role = 'main')")
                      .isEmpty());
      assertThat(warehouse.rows("SELECT v FROM school.held_up")).containsExactly(List.of("before"));

      Warehouse.sql(source, "INSERT INTO bag VALUES ('after the join')");
      warehouse.sql("DROP TRIGGER wait ON school.held_up");
      warehouse.awaitLevel("one");
      assertThat(warehouse.rows("SELECT v FROM school.bag ORDER BY v"))
          .containsExactly(List.of("after the join"), List.of("copied"), List.of("streamed"));
      assertThat(warehouse.rows("SELECT v FROM school.held_up")).containsExactly(List.of("after"));
    }
  }

  private static String side(String condition) {
    return "SELECT FROM tidemark.feed, (SELECT applied_lsn AS main FROM tidemark.feed WHERE role ="
        + " 'main') m WHERE role = 'side' AND "
        + condition;
  }
}
