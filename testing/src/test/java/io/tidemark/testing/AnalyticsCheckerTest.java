package io.tidemark.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

final class AnalyticsCheckerTest {
  private static final String SITE = "_site = 'a' AND _database = 'app'";
  private static final AnalyticsCheckedTable ITEMS =
      AnalyticsCheckedTable.of("public.item", "merged.item")
          .columns("id", "note")
          .keyedBy("id")
          .targetWhere(SITE);

  private static TestCluster source;
  private static TestCluster target;

  @BeforeAll
  static void start() {
    source = TestCluster.builder(PostgresBinaries.of(PostgresBinaries.OLDEST)).fsync(false).start();
    target = TestCluster.builder(PostgresBinaries.of(PostgresBinaries.NEWEST)).fsync(false).start();
  }

  @AfterAll
  static void stop() {
    source.close();
    target.close();
  }

  @BeforeEach
  void fill() {
    source.sql(
        "DROP TABLE IF EXISTS item",
        "CREATE EXTENSION IF NOT EXISTS pgcrypto",
        "CREATE TABLE item (id int PRIMARY KEY, note text, email text, born date)",
        "INSERT INTO item SELECT i, 'note ' || i, 'p' || i || '@mail.example',"
            + " date '1980-01-31' + i FROM generate_series(1, 3000) i");
    target.sql(
        "DROP SCHEMA IF EXISTS merged CASCADE",
        "CREATE SCHEMA merged",
        "CREATE TABLE merged.item (_site text, _database text, id bigint, note text, email text,"
            + " born date)",
        "INSERT INTO merged.item SELECT 'a', 'app', i, 'note ' || i, 'mail.example',"
            + " date_trunc('month', date '1980-01-31' + i) FROM generate_series(1, 3000) i",
        "INSERT INTO merged.item VALUES ('b', 'app', 1, 'of another site')");
  }

  @Test
  void findsNothingWhereTheTargetHoldsTheSource() {
    assertThat(differences(ITEMS)).isEmpty();
  }

  @Test
  void namesMissingAdditionalChangedAndRepeatedRowsByKey() {
    target.sql(
        "DELETE FROM merged.item WHERE id = 7",
        "UPDATE merged.item SET note = NULL WHERE id = 8",
        "INSERT INTO merged.item VALUES ('a', 'app', 9999, '')",
        "INSERT INTO merged.item SELECT * FROM merged.item WHERE id = 9");
    assertThat(differences(ITEMS))
        .startsWith("merged.item: 3000 rows expected from public.item, 3001 found")
        .containsExactlyInAnyOrder(
            "merged.item: 3000 rows expected from public.item, 3001 found",
            "merged.item (7): expected [(7,\"note 7\")], found no row",
            "merged.item (8): expected [(8,\"note 8\")], found [(8,)]",
            "merged.item (9999): expected no row, found [(9999,\"\")]",
            "merged.item (9): expected [(9,\"note 9\")], found [2 times (9,\"note 9\")]");
  }

  @Test
  void seesTwoRowsThatExchangedTheirValues() {
    target.sql(
        "UPDATE merged.item SET note = 'note ' || 3 - id WHERE id IN (1, 2) AND _site = 'a'");
    assertThat(differences(ITEMS)).hasSize(3);
  }

  @Test
  void namesTenKeysAtMost() {
    target.sql("UPDATE merged.item SET note = 'other'");
    assertThat(differences(ITEMS)).hasSize(11);
  }

  @Test
  void comparesRowsWithoutKeyAsAMultiset() {
    target.sql("INSERT INTO merged.item VALUES ('a', 'app', 5, 'note 5')");
    assertThat(differences(ITEMS.keyedBy()))
        .contains(
            "merged.item (5,\"note 5\"): expected [(5,\"note 5\")], found [2 times (5,\"note 5\")]");
  }

  @Test
  void appliesMasksAndFiltersToTheSource() {
    AnalyticsCheckedTable masked =
        ITEMS
            .where("id > 10")
            .targetWhere(SITE + " AND id > 10")
            .column("email", "split_part(email, '@', 2)")
            .column("born", "date_trunc('month', born)::date");
    assertThat(differences(masked)).isEmpty();
    assertThat(differences(masked.where("id > 11"))).hasSize(2);
    target.sql("UPDATE merged.item SET email = 'p77@mail.example' WHERE id = 77");
    assertThat(differences(masked)).hasSize(2);
    assertThat(differences(masked.without("email"))).isEmpty();
    assertThat(differences(masked.column("born", "born"))).hasSize(11);
  }

  @Test
  void computesPseudonymsAsRfc4231Does() {
    // Its second test case.
    String expected = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";
    String expression =
        AnalyticsChecker.pseudonym("public", "'what do ya want for nothing?'", "Jefe");
    assertThat(source.value("SELECT " + expression)).isEqualTo(expected);
  }

  @Test
  void refusesAKeyThatIsNotCompared() {
    assertThatThrownBy(() -> ITEMS.keyedBy("email")).isInstanceOf(IllegalArgumentException.class);
  }

  private static List<String> differences(AnalyticsCheckedTable table) {
    return AnalyticsChecker.between(source, "postgres", target, "postgres")
        .differences(List.of(table));
  }
}
