package io.tidemark.analytics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidemark.analytics.BatchSimulation.Transaction;
import io.tidemark.config.TableSettings.Mode;
import java.util.List;
import java.util.Random;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Random transactions, gathered and cut anywhere: the target is as the source after each. */
final class BatchRandomTest {
  private static final int ROUNDS = 400;
  private static final TableName TARGET = new TableName("school", "simulated");

  @ParameterizedTest
  @CsvSource({
    "KEYED, MIRROR, false, false",
    "KEYED, MIRROR, true, false",
    "KEYED, SOFT_DELETE, false, false",
    "KEYED, SOFT_DELETE, true, false",
    "KEYED, HISTORY, false, false",
    "KEYED, HISTORY, true, false",
    "KEYED, HISTORY, false, true",
    "MULTISET, MIRROR, true, false",
  })
  void aBatchComesToWhatItsChangesComeTo(
      MappedTable.Kind kind, Mode mode, boolean full, boolean clockGoesBack) {
    MappedTable table = BatchSimulation.table(TARGET, kind, mode, full);
    long first = new Random().nextLong();
    for (long seed = first; seed < first + ROUNDS; seed++) {
      round(seed, table, clockGoesBack, new MemoryWriter(table));
    }
  }

  private static void round(
      long seed, MappedTable table, boolean clockGoesBack, MemoryWriter writer) {
    List<Transaction> transactions = new BatchSimulation(seed, table, clockGoesBack).run();
    round(seed, transactions, 0, writer, writer::lines);
    assertThat(writer.takeMissing()).as("missing rows with seed " + seed).isZero();
  }

  /** Applies all, and compares where a batch ends with a transaction. */
  static void round(
      long seed,
      List<Transaction> transactions,
      int overlapping,
      RowWriter writer,
      Supplier<List<String>> lines) {
    Random random = new Random(seed);
    long limit = random.nextBoolean() ? 1 << 20 : 200 + random.nextInt(3000);
    Gatherer gatherer =
        new Gatherer(limit, batch -> batch.tables().forEach(its -> its.apply(writer)));
    for (int i = 0; i < transactions.size(); i++) {
      Transaction transaction = transactions.get(i);
      gatherer.batch().begins();
      boolean overlaps = i < overlapping;
      transaction.events().forEach(each -> each.to(gatherer, overlaps, transaction.at()));
      gatherer.batch().ended(transaction.at(), transaction.at().commit());
      boolean last = i == transactions.size() - 1;
      if (last || i == overlapping - 1 || random.nextInt(3) == 0) {
        gatherer.cut();
        List<String> found = lines.get();
        if (i >= overlapping - 1 && !found.equals(transaction.expected())) {
          assertThat(found)
              .as("seed %d, limit %d, transaction %d", seed, limit, i + 1)
              .isEqualTo(transaction.expected());
        }
      }
    }
  }

  /**
   * As after a copy that was gone on with without its snapshot. Where a row was not there and not
   * all of it was sent, nobody can know it; that is noticed, and not often the case.
   */
  @ParameterizedTest
  @CsvSource({"false", "true"})
  void changesThatRowsHaveAlreadyDoNoHarm(boolean full) {
    MappedTable table = BatchSimulation.table(TARGET, MappedTable.Kind.KEYED, Mode.MIRROR, full);
    long first = new Random().nextLong();
    int doubted = 0;
    for (long seed = first; seed < first + ROUNDS; seed++) {
      MemoryWriter writer = new MemoryWriter(table);
      try {
        overlapping(seed, table, writer);
      } catch (AssertionError e) {
        if (!writer.isLost()) {
          throw e;
        }
        doubted++;
      }
    }
    assertThat(doubted).as("rounds of %d from seed %d", ROUNDS, first).isLessThan(ROUNDS / 5);
  }

  private static void overlapping(long seed, MappedTable table, MemoryWriter writer) {
    List<Transaction> transactions = new BatchSimulation(seed, table, false).run();
    Random random = new Random(seed);
    int copied = 1 + random.nextInt(transactions.size());
    int begun = random.nextInt(copied);
    for (String[] row : transactions.get(copied - 1).rows()) {
      writer.insert(List.<byte[] @Nullable []>of(BatchSimulation.bytes(row)));
    }
    List<Transaction> sent = transactions.subList(begun, transactions.size());
    round(seed, sent, copied - begun, writer, writer::lines);
  }

  @Test
  void anInsertOfARowThatIsThereIsSeenByTheMemoryOfThisTest() {
    MappedTable table = BatchSimulation.table(TARGET, MappedTable.Kind.KEYED, Mode.MIRROR, false);
    MemoryWriter writer = new MemoryWriter(table);
    byte[] @Nullable [] row = BatchSimulation.bytes(new String[] {"1", "x", null, ""});
    writer.insert(List.<byte[] @Nullable []>of(row));
    assertThatThrownBy(() -> writer.insert(List.<byte[] @Nullable []>of(row)))
        .isInstanceOf(AssertionError.class);
  }
}
