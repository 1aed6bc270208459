package io.tidemark.analytics;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.config.TableSettings.Mode;
import io.tidemark.testing.AnalyticsCheckedTable;
import io.tidemark.testing.AnalyticsChecker;
import io.tidemark.testing.LogWatch;
import io.tidemark.testing.TestCluster;
import io.tidemark.testing.TypeMatrix;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.TimeZone;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Every type, from an older server to a newer one and back, copied and streamed: by key, and by
 * whole rows. Neither the zone of this process nor what the databases print values with matters.
 */
final class FeedTypesTest {
  /** What an administrator may have set, and what would change every text. */
  private static final List<String> ODD_SETTINGS =
      List.of(
          "TimeZone = 'Asia/Kathmandu'",
          "DateStyle = 'German, DMY'",
          "IntervalStyle = 'iso_8601'",
          "extra_float_digits = -3",
          "bytea_output = 'escape'",
          "xmloption = 'document'",
          "quote_all_identifiers = on");

  private static TimeZone zone;

  @RegisterExtension final LogWatch log = new LogWatch();

  @BeforeAll
  static void elsewhere() {
    zone = TimeZone.getDefault();
    TimeZone.setDefault(TimeZone.getTimeZone("America/St_Johns"));
  }

  @AfterAll
  static void back() {
    TimeZone.setDefault(zone);
  }

  @ParameterizedTest
  @CsvSource({"15, 18, true", "18, 15, false"})
  void everyValueIsTheSame(int from, int to, boolean extensions) {
    everyValueIsTheSame(from, to, extensions, ValueForm.TEXT, Mode.MIRROR);
  }

  /** Of the types that have a form in common. */
  @ParameterizedTest
  @CsvSource({"15, 18, MIRROR", "18, 15, SOFT_DELETE", "17, 18, HISTORY", "18, 17, MIRROR"})
  void everyValueIsTheSameInBinaryForm(int from, int to, Mode mode) {
    everyValueIsTheSame(from, to, false, ValueForm.BINARY, mode);
  }

  private void everyValueIsTheSame(
      int from, int to, boolean extensions, ValueForm form, Mode mode) {
    TypeMatrix matrix = TypeMatrix.of(Math.min(from, to));
    List<TypeMatrix.Table> tables =
        form == ValueForm.TEXT ? matrix.tables() : BinaryColumns.of(matrix, from >= 17 == to >= 17);
    try (TestCluster source = Warehouse.source(from);
        TestCluster target = TestCluster.start(to);
        Warehouse warehouse = new Warehouse(target).with("one", source)) {
      ODD_SETTINGS.forEach(each -> source.sql("ALTER DATABASE app SET " + each));
      ODD_SETTINGS.forEach(each -> target.sql("ALTER DATABASE warehouse SET " + each));
      if (extensions) {
        warehouse.sql(
            "CREATE SCHEMA ext", "CREATE EXTENSION hstore SCHEMA ext", "CREATE EXTENSION citext");
      }
      String content = "ALTER DATABASE app SET xmloption = 'content'";
      source.sql(content);
      Warehouse.sql(source, matrix.ddl().toArray(String[]::new));
      Warehouse.sql(source, copies(tables));
      Warehouse.sql(source, matrix.inserts().toArray(String[]::new));
      Warehouse.sql(source, inserts(tables));
      source.sql("ALTER DATABASE app SET xmloption = 'document'");
      warehouse.tables(rules(tables, mode)).start();
      warehouse.awaitLevel("one");
      List<AnalyticsCheckedTable> checks = checks(tables, mode);
      if (form == ValueForm.TEXT) {
        requireTypes(source, target, extensions);
      }
      AnalyticsChecker checker = AnalyticsChecker.between(source, "app", target, "warehouse");
      assertThat(checker.differences(checks)).as(warehouse.story("one")).isEmpty();

      source.sql(content);
      Warehouse.sql(source, matrix.updates().toArray(String[]::new));
      Warehouse.sql(source, updates(tables));
      warehouse.awaitLevel("one");
      assertThat(checker.differences(checks)).as(warehouse.story("one")).isEmpty();

      Warehouse.sql(
          source,
          tables.stream()
              .flatMap(
                  table -> Stream.of("DELETE FROM " + table.name(), "DELETE FROM " + bag(table)))
              .toArray(String[]::new));
      Warehouse.sql(source, matrix.inserts().toArray(String[]::new));
      Warehouse.sql(source, inserts(tables));
      warehouse.awaitLevel("one");
      assertThat(checker.differences(checks)).as(warehouse.story("one")).isEmpty();
      assertThat(warehouse.form("one")).contains(form);
    }
  }

  /** They are what they were wherever the target can have them. */
  private static void requireTypes(TestCluster source, TestCluster target, boolean extensions) {
    for (String table : List.of("numbers", "times", "shapes", "networks_and_bits", "ranges")) {
      assertThat(types(target, "warehouse", "school." + table))
          .as(table)
          .isEqualTo(types(source, "app", "types." + table));
    }
    assertThat(types(target, "warehouse", "school.extensions"))
        .startsWith(List.of("int8"), List.of(extensions ? "hstore" : "text"))
        .contains(List.of(extensions ? "_citext" : "_text"));
    assertThat(types(target, "warehouse", "school.user_types"))
        .startsWith(List.of("int8"), List.of("text"), List.of("_text"))
        .contains(List.of("int4"), List.of("daterange"));
  }

  private static List<List<String>> types(TestCluster cluster, String database, String table) {
    return List.copyOf(
        Warehouse.in(
            cluster,
            database,
            "SELECT typname FROM pg_attribute JOIN pg_type t ON t.oid = atttypid WHERE attrelid ="
                + " '%s'::regclass AND attnum > 0 AND attname NOT IN ('_site', '_database')"
                    .formatted(table)
                + " ORDER BY attnum"));
  }

  /**
   * bigint() and an infinite interval are new in 17: the target cannot read them, and would take
   * the interval's binary form for another value.
   */
  @Test
  void aTableWithAValueThatTheTargetCannotReadIsHeldAlone() {
    log.expect("public.newer is held, others go on.*");
    log.expect("public.endless is held, others go on.*");
    try (TestCluster source = latin();
        TestCluster target = TestCluster.start(15);
        Warehouse warehouse = new Warehouse(target).with("one", source)) {
      Warehouse.sql(
          source,
          "CREATE TABLE newer (id int PRIMARY KEY, p jsonpath)",
          "INSERT INTO newer VALUES (1, '$.bigint()')",
          "CREATE TABLE endless (id int PRIMARY KEY, i interval)",
          "INSERT INTO endless VALUES (1, 'infinity')",
          "CREATE TABLE texts (id int PRIMARY KEY, v text, born date)",
          "INSERT INTO texts VALUES (1, U&'\\00e4\\00df', '2001-02-03')");
      source.sql("ALTER DATABASE app SET quote_all_identifiers = on");
      warehouse.tables(
          """
          public.newer: {columns: [id, p]}
          public.endless: {columns: [id, i]}
          public.texts: {columns: [id, v, born], masks: {born: truncate-date month}}
          """);
      warehouse.start();
      warehouse.awaitLevel("one");
      Warehouse.sql(source, "INSERT INTO texts VALUES (2, U&'\\00fc', '2002-05-31')");
      warehouse.awaitLevel("one");
      assertThat(warehouse.rows("SELECT id, v, born FROM school.texts ORDER BY 1"))
          .containsExactly(List.of("1", "äß", "2001-02-01"), List.of("2", "ü", "2002-05-01"));
      assertThat(
              warehouse.rows("SELECT source_table FROM tidemark.table_state WHERE state = 'held'"))
          .containsExactlyInAnyOrder(List.of("public.newer"), List.of("public.endless"));
      assertThat(warehouse.rows("SELECT FROM school.endless")).isEmpty();
    }
  }

  /** Whose database has another encoding than the target. */
  private static TestCluster latin() {
    TestCluster source = Warehouse.sourceBuilder(18).start();
    source.sql(
        "CREATE DATABASE app TEMPLATE template0 ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C'");
    return source;
  }

  private static String bag(TypeMatrix.Table table) {
    return table.name() + "_bag";
  }

  /** The same tables without a key. */
  private static String[] copies(List<TypeMatrix.Table> tables) {
    return tables.stream()
        .flatMap(
            table ->
                Stream.of(
                    "CREATE TABLE %s AS SELECT %s FROM %s"
                        .formatted(bag(table), columns(table), table.name()),
                    "ALTER TABLE %s REPLICA IDENTITY FULL".formatted(bag(table))))
        .toArray(String[]::new);
  }

  private static String columns(TypeMatrix.Table table) {
    return Stream.concat(Stream.of("id"), table.columns().stream().map(TypeMatrix.Column::name))
        .collect(Collectors.joining(", "));
  }

  private static String insert(TypeMatrix.Table table) {
    return "INSERT INTO %s SELECT %s FROM %s".formatted(bag(table), columns(table), table.name());
  }

  private static String[] inserts(List<TypeMatrix.Table> tables) {
    return tables.stream().map(FeedTypesTest::insert).toArray(String[]::new);
  }

  private static String[] updates(List<TypeMatrix.Table> tables) {
    List<String> statements = new ArrayList<>();
    for (TypeMatrix.Table table : tables) {
      statements.add(insert(table));
      statements.add("UPDATE %s SET id = id + 5 WHERE id %% 3 = 0".formatted(bag(table)));
      statements.add("DELETE FROM %s WHERE id %% 3 = 1".formatted(bag(table)));
    }
    return statements.toArray(String[]::new);
  }

  private static String rules(List<TypeMatrix.Table> tables, Mode mode) {
    String as = mode.name().toLowerCase(Locale.ROOT).replace('_', '-');
    return tables.stream()
        .map(
            table ->
                "%s: {columns: [%s], mode: %s}\n%s: {columns: [%2$s]}\n"
                    .formatted(table.name(), columns(table), as, bag(table)))
        .collect(Collectors.joining());
  }

  private static List<AnalyticsCheckedTable> checks(List<TypeMatrix.Table> tables, Mode mode) {
    String live =
        switch (mode) {
          case MIRROR -> "";
          case SOFT_DELETE -> " AND _deleted_at IS NULL";
          case HISTORY -> " AND _valid_to IS NULL";
        };
    List<AnalyticsCheckedTable> checks = new ArrayList<>();
    for (TypeMatrix.Table table : tables) {
      for (String name : List.of(table.name(), bag(table))) {
        AnalyticsCheckedTable check =
            AnalyticsCheckedTable.of(name, name.replace("types.", "school."))
                .column("id", "id")
                .keyedBy("id")
                .targetWhere(Warehouse.SITE + (name.equals(bag(table)) ? "" : live));
        for (TypeMatrix.Column column : table.columns()) {
          check = check.column(column.name(), column.name());
        }
        checks.add(check);
      }
    }
    return checks;
  }
}
