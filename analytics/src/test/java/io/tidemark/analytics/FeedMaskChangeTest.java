package io.tidemark.analytics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.tidemark.testing.LogWatch;
import io.tidemark.testing.PostgresBinaries;
import io.tidemark.testing.TestCluster;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * A column that is masked, or masked otherwise, from now on. What the target kept of rows that the
 * source has no more, former versions and deleted rows, is not masked anew: it goes.
 */
final class FeedMaskChangeTest {
  private static final Duration LIMIT = Duration.ofMinutes(1);
  private static final List<String> TABLES = List.of("mirrored", "marked", "kept");

  @RegisterExtension final LogWatch log = new LogWatch();
  private static TestCluster source;
  private static TestCluster target;

  @BeforeAll
  static void start() {
    source = Warehouse.source(17);
    target = TestCluster.builder(PostgresBinaries.of(16)).fsync(false).start();
    target.sql("CREATE DATABASE warehouse");
  }

  @AfterAll
  static void stop() {
    source.close();
    target.close();
  }

  private static String rules(String mask) {
    return """
        public.mirrored: {columns: [id, v]%1$s}
        public.marked: {columns: [id, v], mode: soft-delete%1$s}
        public.kept: {columns: [id, v], mode: history%1$s}
        """
        .formatted(mask);
  }

  @Test
  void nothingOfWhatIsMaskedNowStays() {
    for (String table : TABLES) {
      Warehouse.sql(
          source,
          "CREATE TABLE %s (id int PRIMARY KEY, v text)".formatted(table),
          "INSERT INTO %s VALUES (1, 'secret-1'), (2, 'secret-2'), (3, 'secret-3')"
              .formatted(table));
    }
    try (Warehouse warehouse = new Warehouse(target).with("one", source)) {
      warehouse.tables(rules("")).start();
      warehouse.awaitLevel("one");
      for (String table : TABLES) {
        Warehouse.sql(
            source,
            "UPDATE %s SET v = 'secret-former' WHERE id = 1".formatted(table),
            "UPDATE %s SET v = 'secret-later' WHERE id = 1".formatted(table),
            "DELETE FROM %s WHERE id = 2".formatted(table));
      }
      warehouse.awaitLevel("one");
      assertThat(values(warehouse, "kept")).contains("secret-former", "secret-2");
      assertThat(values(warehouse, "marked")).contains("secret-2");
      beside(warehouse);

      warehouse.stop("one");
      Warehouse.sql(source, "DELETE FROM kept WHERE id = 3", "DELETE FROM marked WHERE id = 3");
      warehouse.tables(rules(", masks: {v: keep-prefix 3}")).run("one");
      await().atMost(LIMIT).untilAsserted(() -> assertMasked(warehouse, "sec"));
      warehouse.awaitLevel("one");
      assertThat(values(warehouse, "mirrored")).containsOnly("sec").hasSize(2);

      for (String table : TABLES) {
        Warehouse.sql(
            source,
            "UPDATE %s SET v = 'other' WHERE id = 1".formatted(table),
            "INSERT INTO %s VALUES (4, 'more')".formatted(table));
      }
      warehouse.awaitLevel("one");
      assertThat(values(warehouse, "kept")).containsExactlyInAnyOrder("sec", "oth", "mor");
      assertThat(values(warehouse, "marked")).containsExactlyInAnyOrder("oth", "mor");

      warehouse.stop("one");
      warehouse.tables(rules(", masks: {v: \"constant x\"}")).run("one");
      await().atMost(LIMIT).untilAsserted(() -> assertMasked(warehouse, "x"));
      assertBeside(warehouse);
    }
  }

  /** Each row that the source has is there once, as the mask lets it through, and no other. */
  private static void assertMasked(Warehouse warehouse, String value) {
    for (String table : List.of("kept", "marked")) {
      int rows = Warehouse.in(source, "app", "SELECT FROM " + table).size();
      assertThat(values(warehouse, table)).as(table).containsOnly(value).hasSize(rows);
    }
    assertThat(
            warehouse.rows("SELECT FROM school.kept WHERE _site = 'one' AND _valid_to IS NOT NULL"))
        .isEmpty();
    assertThat(
            warehouse.rows(
                "SELECT FROM school.marked WHERE _site = 'one' AND _deleted_at IS NOT NULL"))
        .isEmpty();
  }

  private static List<String> values(Warehouse warehouse, String table) {
    return warehouse.rows("SELECT v FROM school.%s WHERE _site = 'one'".formatted(table)).stream()
        .map(row -> String.valueOf(row.getFirst()))
        .toList();
  }

  /** Rows of another source. */
  private static void beside(Warehouse warehouse) {
    warehouse.sql(
        "INSERT INTO school.kept VALUES ('other', 'app', 1, 'secret-1', now(), now())",
        "INSERT INTO school.marked VALUES ('other', 'app', 1, 'secret-1', now())");
  }

  private static void assertBeside(Warehouse warehouse) {
    Stream.of("kept", "marked")
        .forEach(
            table ->
                assertThat(
                        warehouse.rows(
                            "SELECT v FROM school.%s WHERE _site = 'other'".formatted(table)))
                    .containsExactly(List.of("secret-1")));
  }
}
