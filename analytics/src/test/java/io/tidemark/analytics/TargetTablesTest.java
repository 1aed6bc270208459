package io.tidemark.analytics;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.config.TableSettings.Mode;
import io.tidemark.postgres.HostPort;
import io.tidemark.postgres.PostgresEndpoint;
import io.tidemark.postgres.PostgresSession;
import io.tidemark.testing.TestCluster;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Sources of one pipeline begin at the same moment, and make the same tables. */
@Timeout(120)
final class TargetTablesTest {
  private static final int SOURCES = 3;
  private static final int ROUNDS = 30;
  private static final TableName NAME = new TableName("school", "customers");

  @Test
  void sourcesThatBeginAtOnceMakeOneTableAndDoNotFail() throws Exception {
    try (TestCluster cluster = TestCluster.start(18);
        PostgresSession seer = session(cluster);
        ExecutorService threads = Executors.newFixedThreadPool(SOURCES)) {
      MappedTable table = BatchSimulation.table(NAME, MappedTable.Kind.KEYED, Mode.MIRROR, false);
      String last = table.columns().getLast().name();
      for (int round = 0; round < ROUNDS; round++) {
        seer.execute("DROP SCHEMA IF EXISTS school CASCADE");
        assertThat(atOnce(cluster, threads, table)).as("made").containsOnly(Optional.empty());
        assertThat(TargetTables.columnNames(seer, NAME)).contains(last);
        seer.execute("ALTER TABLE school.customers DROP COLUMN " + Sql.name(last));
        assertThat(atOnce(cluster, threads, table)).as("completed").containsOnly(Optional.empty());
        assertThat(TargetTables.columnNames(seer, NAME)).contains(last);
      }
    }
  }

  private static List<Optional<TableProblem>> atOnce(
      TestCluster cluster, ExecutorService threads, MappedTable table) throws Exception {
    CyclicBarrier begin = new CyclicBarrier(SOURCES);
    Callable<Optional<TableProblem>> source =
        () -> {
          try (PostgresSession target = session(cluster)) {
            begin.await(30, TimeUnit.SECONDS);
            TargetTables.makeSchema(target, NAME.schema());
            return new TargetTables("school").prepare(target, table, false);
          }
        };
    List<Future<Optional<TableProblem>>> begun = new ArrayList<>();
    for (int i = 0; i < SOURCES; i++) {
      begun.add(threads.submit(source));
    }
    List<Optional<TableProblem>> problems = new ArrayList<>();
    for (Future<Optional<TableProblem>> each : begun) {
      problems.add(each.get(60, TimeUnit.SECONDS));
    }
    return problems;
  }

  private static PostgresSession session(TestCluster cluster) {
    return Sessions.target(
        PostgresEndpoint.to(new HostPort(cluster.host(), cluster.port()), "postgres", "postgres"));
  }
}
