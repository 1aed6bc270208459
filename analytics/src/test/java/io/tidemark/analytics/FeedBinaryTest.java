package io.tidemark.analytics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.tidemark.testing.AnalyticsCheckedTable;
import io.tidemark.testing.AnalyticsChecker;
import io.tidemark.testing.LogWatch;
import io.tidemark.testing.PostgresBinaries;
import io.tidemark.testing.TestCluster;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** When values come in binary form, and what becomes of a stream that cannot go on so. */
final class FeedBinaryTest {
  private static final Duration LIMIT = Duration.ofMinutes(1);
  private static final String GOES_ON_AS_TEXT = "goe?s? on with values as text";
  private static @Nullable TestCluster target;

  @RegisterExtension final LogWatch log = new LogWatch();

  @BeforeAll
  static void start() {
    target = TestCluster.builder(PostgresBinaries.of(16)).fsync(false).start();
  }

  @AfterAll
  static void stop() {
    target().close();
  }

  private static TestCluster target() {
    return Objects.requireNonNull(target);
  }

  @BeforeEach
  void begin() {
    if (!target().rows("SELECT FROM pg_database WHERE datname = 'warehouse'").isEmpty()) {
      target().sql("DROP DATABASE warehouse WITH (FORCE)");
    }
  }

  /** One where every larger transaction is streamed. */
  private static TestCluster source(String... statements) {
    TestCluster source =
        Warehouse.sourceBuilder(17).setting("logical_decoding_work_mem", "64kB").start();
    source.sql("CREATE DATABASE app");
    Warehouse.sql(source, statements);
    return source;
  }

  private long fallbacks() {
    return log.lines().stream().filter(line -> line.matches(".*" + GOES_ON_AS_TEXT + ".*")).count();
  }

  private static void requireEqual(
      Warehouse warehouse, TestCluster source, String table, String where, String... columns) {
    warehouse.awaitLevel("one");
    assertThat(
            AnalyticsChecker.between(source, "app", target(), "warehouse")
                .differences(
                    List.of(
                        AnalyticsCheckedTable.of("public." + table, "school." + table)
                            .columns(columns)
                            .targetWhere(Warehouse.SITE + where))))
        .as(warehouse.story("one"))
        .isEmpty();
  }

  private static void awaitForm(Warehouse warehouse, ValueForm form) {
    await()
        .atMost(LIMIT)
        .untilAsserted(
            () -> assertThat(warehouse.form("one")).as(warehouse.story("one")).contains(form));
  }

  @Test
  void masksOfTextAreKeptInBinaryFormAndOthersAskForText() {
    try (TestCluster source =
            source(
                "CREATE TYPE mood AS ENUM ('sad', 'ok')",
                "CREATE DOMAIN positive AS int CHECK (VALUE > 0)",
                "CREATE TABLE people (id uuid PRIMARY KEY, name varchar(40), mail text, code"
                    + " char(5), doc json, mood mood, feels mood, age positive, born date)",
                "CREATE TABLE plain (id int PRIMARY KEY, at timestamptz)");
        Warehouse warehouse = new Warehouse(target()).with("one", source)) {
      String rules =
          """
          public.people:
            columns: [id, name, mail, code, doc, mood, feels, age, born]
            masks: {name: keep-prefix 3, mail: keep-domain, code: constant x, doc: keep-prefix 2, feels: 'null'%s}
          public.plain: {columns: [id, at]}
          """;
      warehouse.tables(rules.formatted("")).start();
      warehouse.awaitLevel("one");
      Warehouse.sql(
          source,
          "INSERT INTO people SELECT md5(i::text)::uuid, 'Ärnst ' || i, i || '@example.org', 'abc',"
              + " '{\"a\": 1}', 'ok', 'sad', i, date '2001-02-03' + i"
              + " FROM generate_series(1, 500) i",
          "INSERT INTO people (id) VALUES (md5('nobody')::uuid)",
          "INSERT INTO plain VALUES (1, '-infinity'), (2, NULL)",
          "UPDATE people SET name = 'x', mood = 'sad', age = 7 WHERE id = md5('3')::uuid",
          "UPDATE people SET id = md5('moved')::uuid WHERE id = md5('4')::uuid",
          "DELETE FROM people WHERE id = md5('5')::uuid");
      requirePeople(warehouse, source, "born");
      requireEqual(warehouse, source, "plain", "", "id", "at");
      assertThat(warehouse.form("one")).contains(ValueForm.BINARY);

      warehouse.tables(rules.formatted(", born: truncate-date year")).restart("one");
      awaitForm(warehouse, ValueForm.TEXT);
      Warehouse.sql(
          source,
          "UPDATE people SET name = 'y' WHERE id = md5('6')::uuid",
          "DELETE FROM people WHERE id = md5('7')::uuid");
      await()
          .atMost(LIMIT)
          .until(
              () ->
                  warehouse
                      .rows("SELECT FROM school.people WHERE born <> date_trunc('year', born)")
                      .isEmpty());
      requirePeople(warehouse, source, "date_trunc('year', born)::date");
      assertThat(fallbacks()).isZero();
    }
  }

  private static void requirePeople(Warehouse warehouse, TestCluster source, String born) {
    warehouse.awaitLevel("one");
    assertThat(
            AnalyticsChecker.between(source, "app", target(), "warehouse")
                .differences(
                    List.of(
                        AnalyticsCheckedTable.of("public.people", "school.people")
                            .columns("id", "mood", "age")
                            .column("name", "left(name, 3)")
                            .column("mail", "split_part(mail, '@', 2)")
                            .column("code", "CASE WHEN code IS NOT NULL THEN 'x' END::char(5)")
                            .column("doc", "left(doc::text, 2)")
                            .column("feels", "NULL::text")
                            .column("born", born)
                            .targetWhere(Warehouse.SITE))))
        .as(warehouse.story("one"))
        .isEmpty();
  }

  @Test
  void aTableThatGetsAnArrayGoesOnAsText() {
    try (TestCluster source =
            source(
                "CREATE TABLE t (id int PRIMARY KEY, n bigint, v text)",
                "CREATE TABLE beside (id int PRIMARY KEY, v text)",
                "INSERT INTO t SELECT i, i, 'copied' FROM generate_series(1, 100) i");
        Warehouse warehouse = new Warehouse(target()).with("one", source)) {
      warehouse
          .tables(
              """
              "public.t*": {columns: [id, n, v, tags]}
              public.beside: {columns: [id, v]}
              """)
          .start();
      warehouse.awaitLevel("one");
      assertThat(warehouse.form("one")).contains(ValueForm.BINARY);
      Warehouse.sql(
          source,
          "INSERT INTO t SELECT i, i, 'before' FROM generate_series(101, 400) i",
          "UPDATE t SET n = n + 1 WHERE id < 50",
          "ALTER TABLE t ADD COLUMN tags text[]",
          "UPDATE t SET n = n + 1, tags = '{a,NULL,b}' WHERE id % 3 = 0",
          "INSERT INTO t SELECT i, i, 'after', '{}' FROM generate_series(401, 800) i",
          "INSERT INTO beside VALUES (1, 'beside')",
          "DELETE FROM t WHERE id = 7");
      // Only then is it published.
      await()
          .atMost(LIMIT)
          .until(
              () ->
                  !warehouse
                      .rows(
                          "SELECT FROM pg_attribute WHERE attname = 'tags' AND attrelid ="
                              + " 'school.t'::regclass")
                      .isEmpty());
      Warehouse.sql(source, "UPDATE t SET n = n + 1, tags = tags || '{more}'");
      awaitForm(warehouse, ValueForm.TEXT);
      await()
          .atMost(LIMIT)
          .untilAsserted(() -> requireEqual(warehouse, source, "t", "", "id", "n", "v", "tags"));
      requireEqual(warehouse, source, "beside", "", "id", "v");
      assertThat(fallbacks()).isEqualTo(1);
      assertThat(warehouse.failures("one")).isEmpty();
      assertThat(warehouse.status("one").missingRows()).isZero();
    }
  }

  /** A column of a table with full identity may become anything, also in a large transaction. */
  @Test
  void aStreamGoesOnInBinaryFormOrAsTextAsTheNewTypeIs() {
    try (TestCluster source =
            source(
                "CREATE TABLE t (id int PRIMARY KEY, n int, v text)",
                "ALTER TABLE t REPLICA IDENTITY FULL",
                "INSERT INTO t VALUES (0, 0, '{0}')");
        Warehouse warehouse = new Warehouse(target()).with("one", source)) {
      warehouse.tables("public.t: {columns: [id, n, v]}\n").start();
      warehouse.awaitLevel("one");
      Warehouse.sql(
          source,
          "BEGIN; "
              + rows(1, 3000)
              + "; ALTER TABLE t ALTER n TYPE bigint; "
              + rows(3001, 6000)
              + "; UPDATE t SET n = 5000000000 WHERE id % 7 = 0; COMMIT");
      requireEqual(warehouse, source, "t", "", "id", "n", "v");
      assertThat(warehouse.form("one")).contains(ValueForm.BINARY);
      assertThat(fallbacks()).isZero();

      // Whether the server sends what is rolled back in the end is its affair.
      Warehouse.sql(
          source,
          "UPDATE t SET n = n - 1 WHERE id < 100",
          "BEGIN; "
              + rows(6001, 9000)
              + "; SAVEPOINT s; ALTER TABLE t ALTER v TYPE text[] USING v::text[]; "
              + rows(9001, 9500).replace("'{' || i || '}'", "ARRAY[i]")
              + "; ROLLBACK TO s; UPDATE t SET n = n + 1 WHERE id % 5 = 0; COMMIT");
      requireEqual(warehouse, source, "t", "", "id", "n", "v");
      Warehouse.sql(
          source,
          "BEGIN; UPDATE t SET n = n + 1; ALTER TABLE t ALTER v TYPE text[] USING v::text[];"
              + " UPDATE t SET v = v || '{x,NULL}' WHERE id % 2 = 0; COMMIT",
          "DELETE FROM t WHERE id % 3 = 0");
      requireEqual(warehouse, source, "t", "", "id", "n", "v");
      assertThat(fallbacks()).isEqualTo(1);
      assertThat(warehouse.failures("one")).isEmpty();
      assertThat(warehouse.status("one").missingRows()).isZero();

      // Nothing that is on record of the table now lets it begin in binary form.
      warehouse.restart("one");
      Warehouse.sql(source, "UPDATE t SET n = 0 WHERE id % 4 = 0");
      requireEqual(warehouse, source, "t", "", "id", "n", "v");
      assertThat(warehouse.form("one")).contains(ValueForm.TEXT);
      assertThat(fallbacks()).isEqualTo(1);
    }
  }

  private static String rows(int first, int last) {
    return "INSERT INTO t SELECT i, i, '{' || i || '}' FROM generate_series(%d, %d) i"
        .formatted(first, last);
  }

  @Test
  void largeTransactionsComeInBinaryFormInEveryMode() {
    List<String> tables = List.of("mirrored", "marked", "kept", "bag");
    String columns = "id, at, x, f, j, body";
    try (TestCluster source = source();
        Warehouse warehouse = new Warehouse(target()).with("one", source)) {
      for (String table : tables) {
        Warehouse.sql(
            source,
            "CREATE TABLE %s (id bigint%s, at timestamptz, x numeric, f float8, j jsonb, body text)"
                .formatted(table, table.equals("bag") ? "" : " PRIMARY KEY"),
            "ALTER TABLE %s ALTER body SET STORAGE EXTERNAL".formatted(table));
      }
      Warehouse.sql(source, "ALTER TABLE bag REPLICA IDENTITY FULL");
      warehouse
          .tables(
              """
              public.mirrored: {columns: [%1$s]}
              public.marked: {columns: [%1$s], mode: soft-delete}
              public.kept: {columns: [%1$s], mode: history}
              public.bag: {columns: [%1$s]}
              """
                  .formatted(columns))
          .start();
      warehouse.awaitLevel("one");
      for (String table : tables) {
        Warehouse.sql(source, lives(table));
      }
      warehouse.awaitLevel("one");
      assertThat(warehouse.form("one")).contains(ValueForm.BINARY);
      String[] all = columns.split(", ");
      requireEqual(warehouse, source, "mirrored", "", all);
      requireEqual(warehouse, source, "bag", "", all);
      requireEqual(warehouse, source, "kept", " AND _valid_to IS NULL", all);
      requireEqual(warehouse, source, "marked", " AND _deleted_at IS NULL", all);
      assertThat(
              warehouse.rows(
                  "SELECT count(*) > 0, bool_and(length(body) = 3000) FROM school.marked"
                      + " WHERE _deleted_at IS NOT NULL AND id % 10 = 0"))
          .containsExactly(List.of("t", "t"));
      assertThat(
              warehouse.rows(
                  "SELECT FROM school.kept WHERE _valid_to < _valid_from OR _valid_from > now()"
                      + " OR _valid_from < now() - interval '1 hour'"))
          .isEmpty();
      assertThat(warehouse.status("one").missingRows()).isZero();
    }
  }

  /** Bodies are not sent where they have not changed. */
  private static String[] lives(String table) {
    String insert =
        "INSERT INTO %s SELECT i, now() - i * interval '1 s', i / 8.0, CASE i %% 4 WHEN 0 THEN"
            + " 'NaN' WHEN 1 THEN '-0' WHEN 2 THEN '-Infinity' ELSE i / 3.0 END,"
            + " jsonb_build_object('i', i), CASE WHEN i %% 10 = 0 THEN repeat('b', 3000) END"
            + " FROM generate_series(%d, %d) i";
    return """
        BEGIN; %2$s; SAVEPOINT s; UPDATE %1$s SET x = 0; DELETE FROM %1$s WHERE id > 9; ROLLBACK TO s; UPDATE %1$s SET x = -x WHERE id %% 10 = 0; COMMIT
        BEGIN; UPDATE %1$s SET x = 'NaN', at = 'infinity' WHERE id %% 20 = 0; DELETE FROM %1$s WHERE id %% 50 = 0; %3$s; COMMIT
        UPDATE %1$s SET id = -id WHERE id %% 30 = 0
        BEGIN; UPDATE %1$s SET id = id + 100000, x = NULL WHERE id %% 70 = 10; COMMIT
        DELETE FROM %1$s WHERE id < -1000
        """
        .formatted(table, insert.formatted(table, 1, 4000), insert.formatted(table, 4001, 7000))
        .lines()
        .toArray(String[]::new);
  }

  /** Both are printed NaN, and have other bits. */
  @Test
  void equalRowsAreCountedAsTheyArePrinted() {
    try (TestCluster source =
            source("CREATE TABLE t (f float8, n int)", "ALTER TABLE t REPLICA IDENTITY FULL");
        Warehouse warehouse = new Warehouse(target()).with("one", source)) {
      warehouse.tables("public.t: {columns: [f, n]}\n").start();
      warehouse.awaitLevel("one");
      Warehouse.sql(
          source,
          "INSERT INTO t VALUES ('NaN', 1), (-'NaN'::float8, 1), ('NaN', 1), ('-0', 1), ('0', 1)",
          "BEGIN; DELETE FROM t WHERE ctid IN (SELECT ctid FROM t WHERE f = 'NaN' LIMIT 2);"
              + " DELETE FROM t WHERE ctid IN (SELECT ctid FROM t WHERE f = 0 LIMIT 1); COMMIT");
      requireEqual(warehouse, source, "t", "", "f", "n");
      assertThat(warehouse.form("one")).contains(ValueForm.BINARY);
      assertThat(warehouse.status("one").missingRows()).isZero();
    }
  }

  @Test
  void aTableThatComesInBesideMakesTheOthersGoOnAsText() {
    try (TestCluster source = source("CREATE TABLE t_one (id int PRIMARY KEY, n bigint)");
        Warehouse warehouse = new Warehouse(target()).with("one", source)) {
      warehouse.tables("\"public.t_*\": {columns: [id, n, tags]}\n").start();
      warehouse.awaitLevel("one");
      assertThat(warehouse.form("one")).contains(ValueForm.BINARY);
      Warehouse.sql(
          source,
          "CREATE TABLE t_two (id int PRIMARY KEY, n bigint, tags int[])",
          "INSERT INTO t_two SELECT i, i, ARRAY[i, NULL] FROM generate_series(1, 1000) i");
      for (int i = 1; i <= 300; i += 10) {
        Warehouse.sql(
            source,
            "INSERT INTO t_one SELECT i, i FROM generate_series(%d, %d) i".formatted(i, i + 9),
            "UPDATE t_two SET tags = tags || 7, n = n + 1 WHERE id %% 30 = %d".formatted(i / 10));
      }
      awaitForm(warehouse, ValueForm.TEXT);
      Warehouse.sql(source, "UPDATE t_two SET tags = '{}' WHERE id < 10", "DELETE FROM t_one");
      requireEqual(warehouse, source, "t_one", "", "id", "n");
      requireEqual(warehouse, source, "t_two", "", "id", "n", "tags");
      assertThat(fallbacks()).isZero();
    }
  }

  /** Its bytes would be read as another number. */
  @Test
  void aColumnOfTheTargetThatIsWiderIsNotWrittenInBinaryForm() {
    try (TestCluster source = source("CREATE TABLE t (id int PRIMARY KEY, n bigint)");
        Warehouse warehouse = new Warehouse(target()).with("one", source)) {
      warehouse.tables("public.t: {columns: [id, n]}\n").start();
      warehouse.awaitLevel("one");
      warehouse.sql("ALTER TABLE school.t ALTER n TYPE numeric");
      Warehouse.sql(
          source,
          "INSERT INTO t VALUES (0, 5)",
          "INSERT INTO t SELECT i, i FROM generate_series(1, 1000) i",
          "UPDATE t SET n = n + 1 WHERE id % 2 = 0");
      requireEqual(warehouse, source, "t", "", "id", "n");
      assertThat(fallbacks()).isEqualTo(1);
      assertThat(warehouse.form("one")).contains(ValueForm.TEXT);
      assertThat(warehouse.failures("one")).isEmpty();
    }
  }

  /** As a rule the side feed meets it; where it has ended by then, the main one does. */
  @Test
  void whatComesInBesideGoesOnAsTextToo() {
    try (TestCluster source =
            source(
                "CREATE TABLE t (id int PRIMARY KEY, n bigint)",
                "INSERT INTO t SELECT i, i FROM generate_series(1, 1000) i");
        Warehouse warehouse = new Warehouse(target()).with("one", source)) {
      warehouse.tables("public.t: {columns: [id, n]}\n").start();
      warehouse.awaitLevel("one");
      warehouse.sql(
          "INSERT INTO tidemark.request (pipeline, source, kind, detail)"
              + " VALUES ('school', 'one', 'resync', 'public.t')");
      awaitState(warehouse, "role = 'side' AND state IN ('catching-up', 'streaming')");
      warehouse.sql("ALTER TABLE school.t ALTER n TYPE numeric");
      Warehouse.sql(
          source,
          "INSERT INTO t SELECT i, i FROM generate_series(1001, 2000) i",
          "UPDATE t SET n = n + 1 WHERE id % 2 = 0");
      awaitState(warehouse, "role = 'main' AND state = 'streaming'");
      requireEqual(warehouse, source, "t", "", "id", "n");
      awaitForm(warehouse, ValueForm.TEXT);
      assertThat(fallbacks()).isEqualTo(1);
      assertThat(warehouse.failures("one")).isEmpty();
      assertThat(warehouse.status("one").missingRows()).isZero();
    }
  }

  private static void awaitState(Warehouse warehouse, String condition) {
    await()
        .atMost(LIMIT)
        .pollInterval(Duration.ofMillis(5))
        .until(
            () -> !warehouse.rows("SELECT FROM tidemark.table_state WHERE " + condition).isEmpty());
  }
}
