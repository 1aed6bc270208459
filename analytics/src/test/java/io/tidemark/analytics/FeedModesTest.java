package io.tidemark.analytics;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.testing.AnalyticsCheckedTable;
import io.tidemark.testing.AnalyticsChecker;
import io.tidemark.testing.LogWatch;
import io.tidemark.testing.TestCluster;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.AfterParameterizedClassInvocation;
import org.junit.jupiter.params.BeforeParameterizedClassInvocation;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * What becomes of a row, by the mode and the identity of its table, with values in each form. One
 * feed for all tests.
 */
@ParameterizedClass
@EnumSource(ValueForm.class)
@SuppressWarnings("NullAway.Init") // JUnit calls start() first.
final class FeedModesTest {
  /** Cannot be compressed, and so is stored out of line. */
  private static final String LARGE =
      "(SELECT string_agg(md5(%d || '/' || i), '') FROM generate_series(1, 200) i)";

  private static final List<String> TABLES =
      List.of(
          "CREATE TABLE mirrored (id int PRIMARY KEY, v text, body text)",
          "CREATE TABLE marked (id int PRIMARY KEY, v text, body text)",
          "CREATE TABLE kept (id int PRIMARY KEY, v text, body text)",
          "CREATE TABLE by_index (a int, b text NOT NULL, c int NOT NULL, UNIQUE (c, b))",
          "ALTER TABLE by_index REPLICA IDENTITY USING INDEX by_index_c_b_key",
          "CREATE TABLE full_key (id int PRIMARY KEY, v text, body text)",
          "ALTER TABLE full_key REPLICA IDENTITY FULL",
          "CREATE TABLE full_bag (flag bool, c bpchar, i inet, v text, body text)",
          "ALTER TABLE full_bag REPLICA IDENTITY FULL",
          "CREATE TABLE full_late_key (id int PRIMARY KEY DEFERRABLE, body text)",
          "ALTER TABLE full_late_key REPLICA IDENTITY FULL",
          "CREATE TABLE late_key (id int PRIMARY KEY DEFERRABLE, v text)",
          "CREATE TABLE keyless (v text)",
          "CREATE TABLE nothing (id int PRIMARY KEY, v text)",
          "ALTER TABLE nothing REPLICA IDENTITY NOTHING",
          "CREATE TABLE appended (v text)",
          "CREATE TABLE computed (id int PRIMARY KEY, a int, b int GENERATED ALWAYS AS (a * 2) STORED)",
          "CREATE TABLE only_key (a int, b text, PRIMARY KEY (a, b))",
          "CREATE TABLE nobody (id int PRIMARY KEY, v text)",
          "CREATE TABLE wide (%s, PRIMARY KEY (c1, c200))".formatted(wide(" int")),
          "CREATE TABLE long_value (id int PRIMARY KEY, v text)",
          "CREATE TABLE long_key (id text PRIMARY KEY, n int, body text)",
          "CREATE SCHEMA \"My.Odd-Schema\"",
          "CREATE TABLE \"My.Odd-Schema\".\"Weird \"\"Table\"\" of'x\" (\"select\" int,"
              + " \"from \"\"x\"\"\" text, site text, \"_Site\" text, t int, s int, \"c0\" int,"
              + " \"ünï\" text, PRIMARY KEY (\"select\", \"from \"\"x\"\"\"))",
          "ALTER TABLE marked ALTER body SET STORAGE EXTERNAL",
          "INSERT INTO mirrored SELECT i, 'v', "
              + LARGE.formatted(1)
              + " FROM generate_series(1, 6) i",
          "INSERT INTO marked TABLE mirrored",
          "INSERT INTO kept TABLE mirrored",
          "INSERT INTO full_key TABLE mirrored",
          "INSERT INTO full_late_key SELECT id, body || id FROM mirrored");

  private static final String RULES =
      """
      public.mirrored: {columns: [id, v, body]}
      public.marked: {columns: [id, v, body], mode: soft-delete}
      public.kept: {columns: [id, v, body], mode: history}
      public.by_index: {columns: [a, b, c]}
      public.full_key: {columns: [id, v, body]}
      public.full_bag: {columns: [flag, c, i, v, body]}
      public.full_late_key: {columns: [id, body]}
      public.late_key: {columns: [id, v]}
      public.keyless: {columns: [v]}
      public.nothing: {columns: [id, v]}
      public.appended: {columns: [v], without-key: append}
      public.computed: {columns: [id, a, b]}
      public.only_key: {columns: [a, b]}
      public.nobody: {columns: [id, v]}
      public.wide: {columns: [%s]}
      public.long_value: {columns: [id, v]}
      public.long_key: {columns: [id, n, body], target: long_target}
      "My*.*": {columns: [select, "from \\"x\\"", site, _Site, t, s, c0, ünï]}
      """
          .formatted(wide(""));

  private static TestCluster source;
  private static TestCluster target;
  private static Warehouse warehouse;

  @RegisterExtension final LogWatch log = new LogWatch();

  @Parameter ValueForm form = ValueForm.TEXT;

  @BeforeParameterizedClassInvocation
  static void start(ValueForm form) {
    source = Warehouse.source(17);
    target = TestCluster.start(16);
    Warehouse.sql(source, TABLES.toArray(String[]::new));
    warehouse = new Warehouse(target).with("one", source).tables(RULES).form(form).start();
    warehouse.awaitLevel("one");
  }

  @AfterParameterizedClassInvocation
  static void stop() {
    warehouse.close();
    target.close();
    source.close();
  }

  @AfterEach
  void itWasInThatForm() {
    assertThat(warehouse.form("one")).contains(form);
  }

  private static String wide(String type) {
    return IntStream.rangeClosed(1, 200)
        .mapToObj(i -> "c" + i + type)
        .collect(Collectors.joining(", "));
  }

  private static void change(String... statements) {
    Warehouse.sql(source, statements);
    warehouse.awaitLevel("one");
  }

  private static void requireEqual(String table, String... columns) {
    requireEqual("public." + table, "school." + table, columns);
  }

  private static void requireEqual(String from, String to, String[] columns) {
    AnalyticsCheckedTable check =
        AnalyticsCheckedTable.of(from, to).columns(columns).targetWhere(Warehouse.SITE);
    assertThat(
            AnalyticsChecker.between(source, "app", target, "warehouse")
                .differences(List.of(check)))
        .as(warehouse.story("one"))
        .isEmpty();
  }

  /** What may happen to rows whose bodies are not sent again. */
  private static String[] lives(String table) {
    return """
        UPDATE %1$s SET v = 'a' WHERE id = 1
        UPDATE %1$s SET id = 11 WHERE id = 2
        BEGIN; UPDATE %1$s SET v = 'b' WHERE id = 1; UPDATE %1$s SET v = 'c' WHERE id = 1; COMMIT
        BEGIN; UPDATE %1$s SET id = 13 WHERE id = 3; UPDATE %1$s SET id = 23, v = 'd' WHERE id = 13; COMMIT
        BEGIN; UPDATE %1$s SET v = 'last' WHERE id = 4; DELETE FROM %1$s WHERE id = 4; COMMIT
        INSERT INTO %1$s VALUES (4, 'again', '')
        BEGIN; DELETE FROM %1$s WHERE id = 5; INSERT INTO %1$s VALUES (5, NULL, 'x'); COMMIT
        UPDATE %1$s SET body = body || 'more' WHERE id = 6
        UPDATE %1$s SET id = 2 WHERE id = 6
        INSERT INTO %1$s VALUES (7, 'short', NULL)
        UPDATE %1$s SET v = 'shorter' WHERE id = 7
        DELETE FROM %1$s WHERE id = 7
        """
        .formatted(table)
        .lines()
        .toArray(String[]::new);
  }

  @Test
  void aMirrorIsAsTheSourceIs() {
    change(lives("mirrored"));
    requireEqual("mirrored", "id", "v", "body");
    change("BEGIN; TRUNCATE mirrored; INSERT INTO mirrored VALUES (1, 'after', 'all'); COMMIT");
    requireEqual("mirrored", "id", "v", "body");
  }

  @Test
  void rowsOfFullIdentityWithAKeyAreToldApartByIt() {
    change(lives("full_key"));
    requireEqual("full_key", "id", "v", "body");
  }

  @Test
  void aDeletedRowStaysMarkedAsItWasLast() {
    change(lives("marked"));
    requireEqual(
        "public.marked",
        "(SELECT * FROM school.marked WHERE _deleted_at IS NULL) t",
        new String[] {"id", "v", "body"});
    assertThat(
            warehouse.rows(
                "SELECT id, v, length(body) FROM school.marked WHERE _deleted_at IS NOT NULL"
                    + " ORDER BY id"))
        .containsExactly(
            List.of("3", "v", "6400"),
            List.of("6", "v", "6404"),
            java.util.Arrays.asList("7", "shorter", null),
            List.of("13", "v", "6400"));
    change("TRUNCATE marked");
    assertThat(warehouse.rows("SELECT id FROM school.marked WHERE _deleted_at IS NULL")).isEmpty();
    assertThat(warehouse.rows("SELECT id FROM school.marked")).hasSize(10);
  }

  @Test
  void ofHistoryEveryMomentCanBeSeen() {
    List<List<String>> moments = new java.util.ArrayList<>();
    for (String each : lives("kept")) {
      Warehouse.sql(source, each);
      moments.add(
          List.of(
              Warehouse.in(source, "app", "SELECT clock_timestamp()").getFirst().getFirst(),
              state("kept", "app", source, "true")));
    }
    warehouse.awaitLevel("one");
    for (List<String> moment : moments) {
      String then =
          "_valid_from <= '%1$s' AND (_valid_to IS NULL OR _valid_to > '%1$s')"
              .formatted(moment.getFirst());
      assertThat(state("school.kept", "warehouse", target, then))
          .as("at %s", moment.getFirst())
          .isEqualTo(moment.getLast());
    }
    change("TRUNCATE kept");
    assertThat(warehouse.rows("SELECT FROM school.kept WHERE _valid_to IS NULL")).isEmpty();
    assertThat(
            warehouse.rows(
                """
                SELECT FROM school.kept a JOIN school.kept b USING (_site, _database, id)
                 WHERE a.ctid <> b.ctid AND a._valid_from <= b._valid_from
                   AND a._valid_to > b._valid_from
                """))
        .as("versions that overlap")
        .isEmpty();
    assertThat(warehouse.rows("SELECT v FROM school.kept WHERE id = 1 ORDER BY _valid_from"))
        .as("one version for a transaction")
        .containsExactly(List.of("v"), List.of("a"), List.of("c"));
  }

  private static String state(String table, String database, TestCluster cluster, String where) {
    return String.valueOf(
        Warehouse.in(
                cluster,
                database,
                "SELECT string_agg(concat_ws('/', id, v, md5(body)), ' ' ORDER BY id) FROM %s WHERE %s"
                    .formatted(table, where))
            .getFirst()
            .getFirst());
  }

  @Test
  void rowsAreToldApartByTheIndexThatIsTheirIdentity() {
    change(
        "INSERT INTO by_index SELECT i, 'b', i FROM generate_series(1, 5) i",
        "UPDATE by_index SET a = NULL WHERE c = 1",
        "UPDATE by_index SET b = 'other', c = 10 WHERE c = 2",
        "DELETE FROM by_index WHERE c = 3");
    requireEqual("by_index", "a", "b", "c");
    assertThat(
            warehouse.rows(
                "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid ="
                    + " 'school.by_index'::regclass AND contype = 'p'"))
        .containsExactly(List.of("PRIMARY KEY (_site, _database, c, b)"));
  }

  @Test
  void equalRowsWithoutAKeyAreCounted() {
    change(
        "INSERT INTO full_bag SELECT true, 'a  ', '10.0.0.1', NULL, "
            + LARGE.formatted(2)
            + " FROM generate_series(1, 4)",
        "INSERT INTO full_bag VALUES (false, '', '::1/64', '\\N', 'x'), (NULL, NULL, NULL, NULL, NULL)",
        "DELETE FROM full_bag WHERE ctid IN (SELECT ctid FROM full_bag WHERE flag LIMIT 1)",
        "UPDATE full_bag SET v = 'one' WHERE ctid IN (SELECT ctid FROM full_bag WHERE flag LIMIT 1)",
        "UPDATE full_bag SET v = 'null' WHERE flag IS NULL");
    requireEqual("full_bag", "flag", "c", "i", "v", "body");
    change("DELETE FROM full_bag WHERE NOT flag");
    requireEqual("full_bag", "flag", "c", "i", "v", "body");
  }

  @Test
  void rowsMayExchangeAKeyThatIsCheckedLate() {
    change(
        "UPDATE full_late_key SET id = 3 - id WHERE id < 3",
        "UPDATE full_late_key SET id = id % 6 + 1",
        "DELETE FROM full_late_key WHERE id = 4");
    requireEqual("full_late_key", "id", "body");
  }

  @Test
  void aTableWhoseRowsNothingTellsApartIsRefusedAndGoesOnAtItsSource() {
    for (String table : List.of("keyless", "nothing", "late_key")) {
      assertThat(
              warehouse.rows(
                  "SELECT state, note FROM tidemark.table_state WHERE source_table = 'public.%s'"
                      .formatted(table)))
          .singleElement()
          .satisfies(
              row -> {
                assertThat(row.getFirst()).isEqualTo("refused");
                assertThat(row.getLast()).contains("add a primary key", "without-key: append");
              });
    }
    change(
        "INSERT INTO keyless VALUES ('x')",
        "UPDATE keyless SET v = 'y'",
        "DELETE FROM keyless",
        "INSERT INTO nothing VALUES (1, 'x')",
        "UPDATE nothing SET v = 'y'",
        "INSERT INTO late_key VALUES (1, 'x')",
        "UPDATE late_key SET v = 'y'");
  }

  @Test
  void ofAnAppendedTableOnlyInsertsAreTakenUntilAllRowsGo() {
    change(
        "INSERT INTO appended VALUES ('x'), ('x'), (NULL)",
        "UPDATE appended SET v = 'y'",
        "DELETE FROM appended");
    assertThat(warehouse.rows("SELECT v FROM school.appended ORDER BY 1"))
        .isEqualTo(Warehouse.in(source, "app", "VALUES ('x'), ('x'), (NULL) ORDER BY 1"));
    change("TRUNCATE appended", "INSERT INTO appended VALUES ('z')");
    assertThat(warehouse.rows("SELECT v FROM school.appended")).containsExactly(List.of("z"));
  }

  @Test
  void aGeneratedColumnIsGeneratedInTheTargetToo() {
    change(
        "INSERT INTO computed (id, a) VALUES (1, 2), (2, NULL)",
        "UPDATE computed SET a = 7 WHERE id = 2",
        "UPDATE computed SET id = 3 WHERE id = 1");
    requireEqual("computed", "id", "a", "b");
  }

  @Test
  void tablesOfAnyShapeAreTaken() {
    change(
        "INSERT INTO only_key VALUES (1, ''), (2, 'x'), (3, 'y')",
        "UPDATE only_key SET b = b || 'z' WHERE a = 2",
        "UPDATE only_key SET a = a WHERE a = 1",
        "DELETE FROM only_key WHERE a = 3",
        "INSERT INTO wide SELECT %s FROM generate_series(1, 3) i"
            .formatted(wide("").replaceAll("c(\\d+)", "i * $1")),
        "UPDATE wide SET c100 = NULL, c2 = 0 WHERE c1 = 2",
        "UPDATE wide SET c200 = 0 WHERE c1 = 3");
    requireEqual("only_key", "a", "b");
    requireEqual(
        "wide", IntStream.rangeClosed(1, 200).mapToObj(i -> "c" + i).toArray(String[]::new));
    requireEqual("nobody", "id", "v");
    assertThat(warehouse.rows("SELECT FROM school.nobody")).isEmpty();
  }

  @Test
  void namesMayBeAnything() {
    String table = "\"My.Odd-Schema\".\"Weird \"\"Table\"\" of'x\"";
    change(
        "INSERT INTO "
            + table
            + " VALUES (1, 'a', 's', 'S', 1, 2, 3, 'ü'), (2, 'b', NULL, NULL, NULL, NULL, NULL, NULL)",
        "UPDATE " + table + " SET \"from \"\"x\"\"\" = 'c', t = 9 WHERE \"select\" = 1",
        "DELETE FROM " + table + " WHERE \"select\" = 2");
    requireEqual(
        table,
        "school.\"Weird \"\"Table\"\" of'x\"",
        new String[] {
          "\"select\"", "\"from \"\"x\"\"\"", "site", "\"_Site\"", "t", "s", "c0", "\"ünï\""
        });
    warehouse.restart("one");
    change("UPDATE " + table + " SET s = 77");
    assertThat(warehouse.rows("SELECT s FROM school.\"Weird \"\"Table\"\" of'x\""))
        .containsExactly(List.of("77"));
  }

  @Test
  void aValueMayBeLong() {
    change(
        "INSERT INTO long_value VALUES (1, repeat('0123456789', 3000000)), (2, NULL)",
        "UPDATE long_value SET id = 3 WHERE id = 1",
        "UPDATE long_value SET v = repeat('ä\\\t', 1000000) WHERE id = 2");
    requireEqual("long_value", "id", "v");
  }

  @Test
  void aKeyMayBeStoredOutOfLine() {
    String key = "substr(%s, 1, 2500)".formatted(LARGE.formatted(3));
    change(
        "ALTER TABLE long_key ALTER id SET STORAGE EXTERNAL",
        "INSERT INTO long_key VALUES (%s, 1, %s)".formatted(key, LARGE.formatted(4)),
        "UPDATE long_key SET n = 2",
        "UPDATE long_key SET n = 3");
    requireEqual("public.long_key", "school.long_target", new String[] {"id", "n", "body"});
    change("DELETE FROM long_key");
    requireEqual("public.long_key", "school.long_target", new String[] {"id", "n", "body"});
  }
}
