package io.tidemark.postgres;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidemark.testing.TestCluster;
import java.io.IOException;
import java.io.OutputStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** What a session does around statements: transactions, limits, counts, COPY by rows. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class TransactionTest {
  private static final String COUNT = "SELECT count(*) FROM t";

  private TestCluster cluster;
  private PostgresSession session;

  @BeforeAll
  void start() {
    cluster = Clusters.builder(18).start();
    session = PostgresSession.open(Clusters.endpoint(cluster));
  }

  @AfterAll
  void close() {
    session.close();
    cluster.close();
  }

  @BeforeEach
  void emptyTable() {
    session.execute("DROP TABLE IF EXISTS t");
    session.execute("CREATE TABLE t (id int)");
  }

  @Test
  void isCommittedWhenItsWorkReturns() {
    long rows =
        session.transaction(
            () -> {
              session.execute("INSERT INTO t VALUES (1)");
              assertThat(cluster.value(COUNT)).isEqualTo("0");
              return session.update("INSERT INTO t SELECT generate_series(1, ?)", 41);
            });
    assertThat(rows).isEqualTo(41);
    assertThat(cluster.value(COUNT)).isEqualTo("42");
  }

  @Test
  void isRolledBackWhenItsWorkThrows() {
    assertThatThrownBy(
            () ->
                session.transaction(
                    () -> {
                      session.execute("INSERT INTO t VALUES (1)");
                      throw new AssertionError("thrown on purpose");
                    }))
        .isInstanceOf(AssertionError.class);
    assertThat(session.value(COUNT)).contains("0");
    assertThatThrownBy(
            () -> session.transaction(() -> session.update("INSERT INTO t VALUES ('x')")))
        .isInstanceOfSatisfying(
            PostgresException.class, e -> assertThat(e.sqlState()).isEqualTo("22P02"));
    assertThat(session.transaction(() -> session.update("INSERT INTO t VALUES (1)"))).isEqualTo(1);
  }

  @Test
  void isNotTakenForCommittedWhereAnErrorInItWasCaught() {
    assertThatThrownBy(
            () ->
                session.transaction(
                    () -> {
                      session.execute("INSERT INTO t VALUES (1)");
                      assertThatThrownBy(() -> session.execute("SELECT 1/0"))
                          .isInstanceOf(PostgresException.class);
                      return 1;
                    }))
        .isInstanceOf(PostgresException.class);
    assertThat(session.transaction(() -> session.value(COUNT))).contains("0");
  }

  @Test
  void hasNoOtherInIt() {
    assertThatThrownBy(() -> session.transaction(() -> session.transaction(() -> 1)))
        .isInstanceOf(IllegalStateException.class);
    assertThat(session.transaction(() -> 1)).isEqualTo(1);
  }

  @Test
  void aLimitInItDoesNotHideWhatFailed() {
    assertThatThrownBy(
            () ->
                session.transaction(
                    () -> session.within(Duration.ofMinutes(5), () -> session.value("SELECT 1/0"))))
        .isInstanceOfSatisfying(
            PostgresException.class, e -> assertThat(e.sqlState()).isEqualTo("22012"));
    assertThat(session.setting("statement_timeout")).contains("30s");
  }

  @Test
  void aLimitInALimitGivesTheOuterOneBack() {
    session.within(
        Duration.ofMinutes(5),
        () -> {
          session.within(Duration.ofMinutes(1), () -> session.value("SELECT 1"));
          assertThat(session.setting("statement_timeout")).contains("5min");
          return 1;
        });
    assertThat(session.setting("statement_timeout")).contains("30s");
  }

  @Test
  void inASnapshotReadsWhatThatSeesAndWritesNothing() {
    session.execute("INSERT INTO t VALUES (1)");
    try (PostgresSession exporter = PostgresSession.open(Clusters.endpoint(cluster))) {
      exporter.execute("BEGIN ISOLATION LEVEL REPEATABLE READ");
      String snapshot = exporter.value("SELECT pg_export_snapshot()").orElseThrow();
      session.execute("INSERT INTO t VALUES (2)");
      assertThat(session.inSnapshot(snapshot, () -> session.value(COUNT))).contains("1");
      assertThat(session.value(COUNT)).contains("2");
      assertThatThrownBy(() -> session.inSnapshot(snapshot, () -> session.update("DELETE FROM t")))
          .isInstanceOfSatisfying(
              PostgresException.class, e -> assertThat(e.sqlState()).isEqualTo("25006"));
      exporter.execute("ROLLBACK");
      assertThatThrownBy(() -> session.inSnapshot(snapshot, () -> session.value(COUNT)))
          .isInstanceOf(PostgresException.class);
    }
    assertThatThrownBy(() -> session.inSnapshot("'; DROP TABLE t; --", () -> 1))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void copiesOutRowByRowAndStopsWhereItsReaderThrows() {
    session.execute("INSERT INTO t SELECT generate_series(1, 3)");
    List<String> rows = new ArrayList<>();
    assertThat(
            session.copyOut(
                "COPY t TO STDOUT",
                (buffer, length) -> rows.add(new String(buffer, 0, length, UTF_8))))
        .isEqualTo(3);
    assertThat(rows).containsExactly("1\n", "2\n", "3\n");
    assertThatThrownBy(
            () ->
                session.copyOut(
                    "COPY (SELECT generate_series(1, 1000000)) TO STDOUT",
                    (_, _) -> {
                      throw new IllegalStateException("thrown on purpose");
                    }))
        .hasMessage("thrown on purpose");
    assertThat(session.value(COUNT)).contains("3");
    assertThatThrownBy(
            () ->
                session.copyOut(
                    "COPY (SELECT generate_series(1, 1000000)) TO STDOUT",
                    new OutputStream() {
                      @Override
                      public void write(int one) throws IOException {
                        throw new IOException("no space left");
                      }
                    }))
        .isInstanceOf(IOException.class)
        .hasMessage("no space left");
    assertThat(session.value(COUNT)).contains("3");
  }
}
