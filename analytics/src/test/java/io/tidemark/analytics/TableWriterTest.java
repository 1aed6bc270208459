package io.tidemark.analytics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.tidemark.analytics.BatchSimulation.Transaction;
import io.tidemark.config.TableSettings.Mode;
import io.tidemark.postgres.HostPort;
import io.tidemark.postgres.Lsn;
import io.tidemark.postgres.PostgresEndpoint;
import io.tidemark.postgres.PostgresException;
import io.tidemark.postgres.PostgresSession;
import io.tidemark.testing.TestCluster;
import java.time.Instant;
import java.util.List;
import java.util.Random;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** The rounds of {@link BatchRandomTest} with a server, beside rows of another source. */
final class TableWriterTest {
  private static final int ROUNDS = 25;
  private static TestCluster cluster;
  private static PostgresSession target;

  @BeforeAll
  static void start() {
    cluster = TestCluster.start(15);
    target =
        Sessions.target(
            PostgresEndpoint.to(
                new HostPort(cluster.host(), cluster.port()), "postgres", "postgres"));
    TargetTables.makeSchema(target, "Odd \"schema\"");
  }

  @AfterAll
  static void stop() {
    target.close();
    cluster.close();
  }

  @ParameterizedTest
  @CsvSource({
    "KEYED, MIRROR, false, TEXT",
    "KEYED, SOFT_DELETE, false, TEXT",
    "KEYED, HISTORY, false, TEXT",
    "MULTISET, MIRROR, true, TEXT",
    "KEYED, MIRROR, false, BINARY",
    "KEYED, SOFT_DELETE, false, BINARY",
    "KEYED, HISTORY, false, BINARY",
    "MULTISET, MIRROR, true, BINARY",
  })
  void theServerDoesWithRowsWhatMemoryDoes(
      MappedTable.Kind kind, Mode mode, boolean full, ValueForm form) {
    TableName name =
        new TableName("Odd \"schema\"", "a.\"b\" %s %s %s".formatted(mode, kind, form));
    MappedTable table = BatchSimulation.table(name, kind, mode, full).inForm(form);
    assertThat(new TargetTables("school").prepare(target, table, false)).isEmpty();
    TargetIndexes.make(target, table);
    new BatchSimulation(1, table, false).run().getLast().rows().forEach(row -> other(table, row));
    List<String> others = TargetLines.of(target, table, "other");
    long first = new Random().nextLong();
    for (long seed = first; seed < first + ROUNDS; seed++) {
      TargetTables.clear(target, table);
      TableWriter writer = new TableWriter(target, table);
      List<Transaction> transactions = new BatchSimulation(seed, table, false).run();
      BatchRandomTest.round(
          seed, transactions, 0, writer, () -> TargetLines.of(target, table, "one"));
      assertThat(writer.takeMissing()).as("missing rows with seed " + seed).isZero();
    }
    assertThat(TargetLines.of(target, table, "other")).isNotEmpty().isEqualTo(others);
  }

  /**
   * A server's clock may be put back, and a copy's moment may be later than a commit that it does
   * not see: a version still begins where the one before it ends, and ends after it begins.
   */
  @ParameterizedTest
  @EnumSource(ValueForm.class)
  void aVersionNeverBeginsBeforeTheOneBeforeIt(ValueForm form) {
    TableName name = new TableName("Odd \"schema\"", "clock " + form);
    MappedTable table =
        BatchSimulation.table(name, MappedTable.Kind.KEYED, Mode.HISTORY, false).inForm(form);
    assertThat(new TargetTables("school").prepare(target, table, false)).isEmpty();
    TargetIndexes.make(target, table);
    TableWriter writer = new TableWriter(target, table);
    apply(table, writer, batch -> batch.insert(row(table, "first"), at(100, 100)));
    apply(table, writer, batch -> batch.update(null, row(table, "earlier"), at(200, 50)));
    apply(
        table,
        writer,
        batch ->
            batch.update(null, row(table, "earlier yet"), at(300, 40))
                && batch.update(null, row(table, "later"), at(400, 150)));
    apply(table, writer, batch -> batch.delete(row(table, "later"), at(500, 120)));
    apply(table, writer, batch -> batch.insert(row(table, "again"), at(600, 110)));
    assertThat(
            target.query(
                "SELECT body || ' ' || extract(epoch FROM _valid_from)::int || ' ' ||"
                    + " coalesce(extract(epoch FROM _valid_to)::int::text, 'now') AS line FROM "
                    + table.target().quoted()
                    + " ORDER BY _valid_from, _valid_to",
                row -> row.text("line")))
        .containsExactlyInAnyOrder(
            "first 100 100",
            "earlier 100 100",
            "earlier yet 100 150",
            "later 150 150",
            "again 150 now");
  }

  /** What a receive function refuses may be taken as text; what a constraint refuses may not. */
  @Test
  void aValueThatIsNotReadInBinaryFormAsksForText() {
    MappedTable text =
        BatchSimulation.table(
            new TableName("school", "t"), MappedTable.Kind.KEYED, Mode.MIRROR, false);
    MappedTable binary = text.inForm(ValueForm.BINARY);
    assertThat(TableFailure.of(binary, failure("22P03"))).isInstanceOf(BinaryUnfit.class);
    assertThat(TableFailure.of(binary, failure("08P01"))).isInstanceOf(BinaryUnfit.class);
    assertThat(TableFailure.of(text, failure("22P03"))).isInstanceOf(TableFailure.class);
    assertThat(TableFailure.of(binary, failure("23514"))).isInstanceOf(TableFailure.class);
    assertThat(TableFailure.of(binary, failure("40P01")))
        .isNotInstanceOfAny(TableFailure.class, BinaryUnfit.class);
  }

  private static PostgresException failure(String sqlState) {
    return catchThrowableOfType(
        PostgresException.class,
        () -> target.execute("DO $$BEGIN RAISE SQLSTATE '" + sqlState + "'; END$$"));
  }

  private static void apply(MappedTable table, TableWriter writer, Predicate<TableBatch> change) {
    TableBatch batch = TableBatch.of(table, false);
    assertThat(change.test(batch)).isTrue();
    target.transaction(
        () -> {
          batch.apply(writer);
          return true;
        });
  }

  private static byte[] @Nullable [] row(MappedTable table, String body) {
    return BatchSimulation.inForm(table, BatchSimulation.bytes(new String[] {"1", "1", "1", body}));
  }

  private static Moment at(long end, long seconds) {
    return new Moment(new Lsn(end), Instant.ofEpochSecond(seconds));
  }

  private static void other(MappedTable table, String[] row) {
    target.execute(
        "INSERT INTO %s (_site, id, \"Part \"\"of\"\" it\", \"select\", body%s) VALUES"
                .formatted(table.target().quoted(), table.isHistory() ? ", _valid_from" : "")
            + " ('other', ?::int, ?, ?, ?%s)".formatted(table.isHistory() ? ", now()" : ""),
        row[0],
        row[1],
        row[2],
        row[3]);
  }
}
