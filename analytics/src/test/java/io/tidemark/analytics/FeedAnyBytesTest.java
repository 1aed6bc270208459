package io.tidemark.analytics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.tidemark.testing.LogWatch;
import io.tidemark.testing.PostgresBinaries;
import io.tidemark.testing.TestCluster;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * A source whose database has the encoding SQL_ASCII, which takes any bytes. What is UTF-8 is
 * taken; what is not is never guessed at: its table is held, and the others go on.
 */
final class FeedAnyBytesTest {
  private static final String LATIN = "convert_from('\\x636166e9', 'SQL_ASCII')";
  private static final Duration LIMIT = Duration.ofMinutes(1);

  @RegisterExtension final LogWatch log = new LogWatch();
  private static TestCluster source;
  private static TestCluster target;

  @BeforeAll
  static void start() {
    source = Warehouse.sourceBuilder(17).setting("logical_decoding_work_mem", "64kB").start();
    source.sql(
        "CREATE DATABASE app ENCODING 'SQL_ASCII' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0");
    target = TestCluster.builder(PostgresBinaries.of(16)).fsync(false).start();
  }

  @AfterAll
  static void stop() {
    source.close();
    target.close();
  }

  @Test
  void aValueThatIsNotUtf8HoldsItsTableAndNoOther() {
    log.expect("public.early is held, others go on: .*column note of the row with id = 3");
    log.expect("public.late is held, others go on: .*column note of the row with id = 7");
    log.expect("public.large is held, others go on: .*column note of the row with id = 9999");
    Warehouse.sql(
        source,
        "CREATE TABLE early (id int PRIMARY KEY, note text)",
        "CREATE TABLE late (id int PRIMARY KEY, note text)",
        "CREATE TABLE large (id int PRIMARY KEY, note text)",
        "CREATE TABLE fine (id int PRIMARY KEY, note text)",
        "INSERT INTO early VALUES (2, 'plain'), (3, " + LATIN + ")",
        "INSERT INTO late VALUES (1, 'plain')",
        "INSERT INTO fine VALUES (1, convert_from('\\xc3a4', 'SQL_ASCII'))");
    String rule = "public.%s: {columns: [id, note]}\n";
    try (Warehouse warehouse = new Warehouse(target).with("one", source)) {
      warehouse.tables(
          rule.formatted("early")
              + rule.formatted("late")
              + rule.formatted("large")
              + rule.formatted("fine"));
      warehouse.start();
      warehouse.awaitLevel("one");
      assertThat(note(warehouse, "early"))
          .contains("0xe9")
          .contains(
              "column note of the row with id = 3", "set the value to the same text in UTF-8");

      Warehouse.sql(
          source,
          "INSERT INTO fine VALUES (2, 'before')",
          "INSERT INTO late VALUES (7, " + LATIN + ")",
          "INSERT INTO large SELECT i, CASE i WHEN 9999 THEN "
              + LATIN
              + " ELSE 'much' END FROM generate_series(1, 10000) i",
          "INSERT INTO fine VALUES (3, 'after')");
      warehouse.awaitLevel("one");
      assertThat(note(warehouse, "late")).contains("note is not UTF-8: 0xe9 at byte 4 of 4");
      assertThat(note(warehouse, "large")).contains("note is not UTF-8: 0xe9 at byte 4 of 4");
      assertThat(warehouse.rows("SELECT id, note FROM school.fine ORDER BY id"))
          .containsExactly(List.of("1", "ä"), List.of("2", "before"), List.of("3", "after"));
      assertThat(warehouse.rows("SELECT id FROM school.late")).containsExactly(List.of("1"));
      assertThat(warehouse.failures("one")).isEmpty();

      mend(warehouse);
    }
  }

  private static String note(Warehouse warehouse, String table) {
    return warehouse
        .rows(
            "SELECT note FROM tidemark.table_state WHERE state = 'held' AND source_table = 'public.%s'"
                .formatted(table))
        .toString();
  }

  /** A resync that meets it again holds the table again; when it is mended, the table comes in. */
  private void mend(Warehouse warehouse) {
    resync(warehouse, "late");
    await().atMost(LIMIT).until(() -> log.lines().stream().filter(this::isHeldLate).count() == 2);
    assertThat(note(warehouse, "late")).contains("with id = 7");
    Warehouse.sql(
        source, "UPDATE late SET note = convert_from('\\x636166c3a9', 'SQL_ASCII') WHERE id = 7");
    resync(warehouse, "late");
    await()
        .atMost(LIMIT)
        .untilAsserted(
            () ->
                assertThat(warehouse.rows("SELECT id, note FROM school.late ORDER BY id"))
                    .containsExactly(List.of("1", "plain"), List.of("7", "café")));
    warehouse.awaitLevel("one");
    assertThat(note(warehouse, "late")).isEqualTo("[]");
  }

  private boolean isHeldLate(String line) {
    return line.contains("public.late is held");
  }

  private static void resync(Warehouse warehouse, String table) {
    warehouse.sql(
        "INSERT INTO tidemark.request (pipeline, source, kind, detail)"
            + " VALUES ('school', 'one', 'resync', 'public.%s')".formatted(table));
  }
}
