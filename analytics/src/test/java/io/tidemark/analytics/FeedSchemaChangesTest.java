package io.tidemark.analytics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.tidemark.testing.LogWatch;
import io.tidemark.testing.TestCluster;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What becomes of a table when its shape changes at the source, while another one goes on. */
final class FeedSchemaChangesTest {
  private static final Duration LIMIT = Duration.ofMinutes(1);
  private static @Nullable TestCluster source;
  private static @Nullable TestCluster target;

  @RegisterExtension final LogWatch log = new LogWatch();

  @BeforeAll
  static void start() {
    source = Warehouse.sourceBuilder(17).setting("logical_decoding_work_mem", "64kB").start();
    source().sql("CREATE DATABASE app");
    target = TestCluster.start(15);
  }

  @AfterAll
  static void stop() {
    for (TestCluster each : new @Nullable TestCluster[] {source, target}) {
      if (each != null) {
        each.close();
      }
    }
  }

  private static TestCluster source() {
    return Objects.requireNonNull(source);
  }

  /** A warehouse with one source, whose site and source schema have the test's name. */
  private static final class World implements AutoCloseable {
    private final String name;
    private final Warehouse warehouse;
    private int other;

    World(String name, String tables) {
      this.name = name;
      this.warehouse = new Warehouse(Objects.requireNonNull(target)).with(name, source());
      configure(tables);
      sql(
          "CREATE SCHEMA " + name,
          "CREATE TABLE %s.%<s_other (id int PRIMARY KEY)".formatted(name));
    }

    /** The tables besides the one that has to go on. */
    final void configure(String tables) {
      warehouse.tables("%s.%<s_other: {columns: [id]}%n".formatted(name) + tables);
    }

    final void sql(String... statements) {
      Warehouse.sql(source(), statements);
    }

    World start() {
      warehouse.start();
      level();
      return this;
    }

    void level() {
      warehouse.awaitLevel(name);
    }

    /** One that does not change has everything that was committed. */
    void othersGoOn() {
      other++;
      sql("INSERT INTO %s.%<s_other VALUES (%d)".formatted(name, other));
      level();
      assertThat(rows("SELECT max(id) FROM school.%s_other".formatted(name)))
          .as(warehouse.story(name))
          .containsExactly(String.valueOf(other));
    }

    List<String> rows(String query) {
      return warehouse.rows(query).stream()
          .map(row -> row.stream().map(String::valueOf).collect(Collectors.joining(" ")))
          .toList();
    }

    List<String> all(String table) {
      return rows("SELECT * FROM school." + table + " ORDER BY id").stream()
          .map(row -> row.replace(name + " app ", ""))
          .toList();
    }

    String state(String table) {
      return String.join(
          "; ",
          rows(
              "SELECT state FROM tidemark.table_state WHERE source_table = '%s.%s'"
                  .formatted(name, table)));
    }

    String note(String table) {
      return String.join(
          "; ",
          rows(
              "SELECT note FROM tidemark.table_state WHERE source_table = '%s.%s'"
                  .formatted(name, table)));
    }

    void awaitState(String table, String state) {
      await()
          .atMost(LIMIT)
          .untilAsserted(() -> assertThat(state(table)).as(warehouse.story(name)).isEqualTo(state));
    }

    void awaitRows(String table, String... rows) {
      await()
          .atMost(LIMIT)
          .untilAsserted(
              () -> assertThat(all(table)).as(warehouse.story(name)).containsExactly(rows));
    }

    Set<String> published(String table) {
      return Warehouse.in(
              source(),
              "app",
              "SELECT unnest(attnames) FROM pg_publication_tables WHERE pubname LIKE '%s' AND"
                      .formatted("tidemark%" + name + "%")
                  + " tablename = '%s'".formatted(table))
          .stream()
          .map(row -> String.valueOf(row.getFirst()))
          .collect(Collectors.toSet());
    }

    List<String> columns(String table) {
      return rows(
          "SELECT attname FROM pg_attribute WHERE attrelid = 'school.%s'::regclass AND attnum > 2"
                  .formatted(table)
              + " AND NOT attisdropped ORDER BY attnum");
    }

    @Override
    public void close() {
      warehouse.close();
    }
  }

  private static String tables(String schema, String columns, String policy, String... rules) {
    List<String> lines = new ArrayList<>();
    for (String rule : rules) {
      lines.add(
          "%s.%s_%s: {columns: [%s], on-change: {%s: %s}}"
              .formatted(schema, schema, rule.replace('-', '_'), columns, policy, rule));
    }
    return String.join("\n", lines) + "\n";
  }

  private static String[] each(String statement, String schema, String... rules) {
    return List.of(rules).stream()
        .map(rule -> statement.replace("@", schema + "." + schema + "_" + rule.replace('-', '_')))
        .toArray(String[]::new);
  }

  @Test
  void anAddedColumnFollowsItsPolicyWhenItIsNamed() {
    String[] rules = {"apply", "apply-nullable", "hold", "ignore"};
    log.expect("add_hold is held");
    try (World world = new World("add", tables("add", "id, v", "added-column", rules))) {
      world.sql(each("CREATE TABLE @ (id int PRIMARY KEY, v text)", "add", rules));
      world.sql(each("INSERT INTO @ VALUES (1, 'a')", "add", rules));
      world.start();
      world.sql(each("ALTER TABLE @ ADD COLUMN extra int DEFAULT 7", "add", rules));
      world.sql(each("INSERT INTO @ VALUES (2, 'b')", "add", rules));
      world.level();
      assertThat(world.all("add_apply")).containsExactly("1 a", "2 b");
      assertThat(world.published("add_apply")).containsExactlyInAnyOrder("id", "v");
      world.warehouse.stop("add");
      world.sql(each("INSERT INTO @ VALUES (3, 'c')", "add", rules));
      world.configure(tables("add", "id, v, extra", "added-column", rules));
      world.warehouse.run("add");
      world.awaitState("add_hold", "held");
      world.othersGoOn();
      world.sql(each("INSERT INTO @ VALUES (4, 'd', 9)", "add", rules));
      world.othersGoOn();
      world.awaitRows("add_apply", "1 a 7", "2 b 7", "3 c 7", "4 d 9");
      world.awaitRows("add_apply_nullable", "1 a null", "2 b null", "3 c null", "4 d 9");
      world.awaitRows("add_ignore", "1 a", "2 b", "3 c", "4 d");
      assertThat(world.published("add_ignore")).containsExactlyInAnyOrder("id", "v");
      assertThat(world.note("add_hold")).contains("extra is new");
      world.sql(each("UPDATE @ SET v = 'z' WHERE id = 1", "add", rules));
      world.othersGoOn();
      world.awaitRows("add_apply_nullable", "1 z 7", "2 b null", "3 c null", "4 d 9");
    }
  }

  @Test
  void aDroppedColumnIsNoticedThoughItTakesItsTableOutOfThePublication() {
    String[] rules = {"apply", "keep", "hold"};
    log.expect("drp_hold is held");
    try (World world = new World("drp", tables("drp", "id, v, w", "dropped-column", rules))) {
      world.sql(each("CREATE TABLE @ (id int PRIMARY KEY, v text, w text)", "drp", rules));
      world.sql(each("INSERT INTO @ VALUES (1, 'a', 'b')", "drp", rules));
      world.start();
      assertThatThrownBy(() -> world.sql("ALTER TABLE drp.drp_apply DROP COLUMN w"))
          .hasMessageContaining("publication of table");
      world.sql(each("ALTER TABLE @ DROP COLUMN w CASCADE", "drp", rules));
      world.sql(each("INSERT INTO @ VALUES (2, 'c')", "drp", rules));
      world.awaitRows("drp_apply", "1 a", "2 c");
      world.awaitRows("drp_keep", "1 a b", "2 c null");
      world.awaitState("drp_hold", "held");
      assertThat(world.all("drp_hold")).containsExactly("1 a b");
      assertThat(world.note("drp_hold")).contains("w was dropped");
      assertThat(world.rows("SELECT col_description('school.drp_keep'::regclass, 5)"))
          .containsExactly("The source has it no more.");
      world.othersGoOn();
      // With the name still in the configuration.
      world.warehouse.restart("drp");
      world.sql(each("INSERT INTO @ VALUES (3, 'd')", "drp", "apply", "keep"));
      world.othersGoOn();
      world.awaitRows("drp_apply", "1 a", "2 c", "3 d");
      world.awaitRows("drp_keep", "1 a b", "2 c null", "3 d null");
    }
  }

  @Test
  void aRenamedColumnAndAnotherTypeFollowTheirPolicies() {
    String[] rules = {"apply", "ignore", "hold"};
    // PostgreSQL refuses another type for a column in a publication's list.
    String[] types = {"big", "len", "num", "bad", "seen"};
    String more =
        """
        ren.ren_big: {columns: [id, v]}
        ren.ren_len: {columns: [id, v]}
        ren.ren_num: {columns: [id, v]}
        ren.ren_bad: {columns: [id, v]}
        ren.ren_seen: {columns: [id, v]}
        """;
    log.expect("ren_bad is held");
    log.expect("ren_seen is held");
    try (World world = new World("ren", tables("ren", "id, v", "renamed-column", rules) + more)) {
      world.sql(each("CREATE TABLE @ (id int PRIMARY KEY, v text)", "ren", rules));
      world.sql(
          "CREATE TABLE ren.ren_big (id int PRIMARY KEY, v int)",
          "CREATE TABLE ren.ren_seen (id int PRIMARY KEY, v int)",
          "CREATE TABLE ren.ren_len (id int PRIMARY KEY, v varchar(3))",
          "CREATE TABLE ren.ren_num (id int PRIMARY KEY, v numeric(6, 2))",
          "CREATE TABLE ren.ren_bad (id int PRIMARY KEY, v text)");
      world.sql(each("INSERT INTO @ VALUES (1, '1')", "ren", rules));
      world.sql(each("ALTER TABLE @ REPLICA IDENTITY FULL", "ren", types));
      world.sql(each("INSERT INTO @ VALUES (1, '1')", "ren", types));
      world.sql("UPDATE ren.ren_bad SET v = 'abc'");
      world.start();
      world.warehouse.sql("CREATE VIEW public.seen AS SELECT v FROM school.ren_seen");
      world.sql(each("ALTER TABLE @ RENAME COLUMN v TO w", "ren", rules));
      world.sql(each("INSERT INTO @ VALUES (2, '2')", "ren", rules));
      world.sql(
          "ALTER TABLE ren.ren_big ALTER v TYPE bigint",
          "INSERT INTO ren.ren_big VALUES (2, 5000000000)",
          "ALTER TABLE ren.ren_len ALTER v TYPE varchar(20)",
          "INSERT INTO ren.ren_len VALUES (2, 'longer')",
          "ALTER TABLE ren.ren_num ALTER v TYPE numeric(10, 4)",
          "INSERT INTO ren.ren_num VALUES (2, 1.2345)",
          "ALTER TABLE ren.ren_bad ALTER v TYPE int USING length(v)",
          "INSERT INTO ren.ren_bad VALUES (2, 9)",
          "ALTER TABLE ren.ren_seen ALTER v TYPE bigint",
          "INSERT INTO ren.ren_seen VALUES (2, 9)");
      world.awaitState("ren_hold", "held");
      world.awaitState("ren_bad", "held");
      world.awaitState("ren_seen", "held");
      world.othersGoOn();
      world.awaitRows("ren_apply", "1 1", "2 2");
      world.awaitRows("ren_ignore", "1 1", "2 2");
      assertThat(world.columns("ren_apply")).containsExactly("id", "w");
      assertThat(world.columns("ren_ignore")).containsExactly("id", "v");
      assertThat(world.all("ren_hold")).containsExactly("1 1");
      world.awaitRows("ren_big", "1 1", "2 5000000000");
      world.awaitRows("ren_len", "1 1", "2 longer");
      world.awaitRows("ren_num", "1 1.0000", "2 1.2345");
      assertThat(world.all("ren_bad")).containsExactly("1 abc");
      assertThat(world.note("ren_seen")).contains("public.seen");

      // With the name that the configuration has, and then with the one that the source has.
      for (String columns : List.of("id, v", "id, w")) {
        world.configure(tables("ren", columns, "renamed-column", rules) + more);
        world.warehouse.restart("ren");
        world.othersGoOn();
        world.sql(each("UPDATE @ SET w = w || '!' WHERE id = 2", "ren", rules));
        world.othersGoOn();
      }
      world.awaitRows("ren_apply", "1 1", "2 2!!");
      world.awaitRows("ren_ignore", "1 1", "2 2!!");

      // A resync takes what could not be converted.
      world.warehouse.sql("DROP VIEW public.seen");
      for (String table : List.of("bad", "seen")) {
        world.warehouse.sql(
            "INSERT INTO tidemark.request (pipeline, source, kind, detail) VALUES ('school', 'ren',"
                + " 'resync', 'ren.ren_%s')".formatted(table));
      }
      world.awaitRows("ren_bad", "1 3", "2 9");
      world.awaitRows("ren_seen", "1 1", "2 9");
    }
  }

  @Test
  void severalChangesInOneTransactionComeInTheirOrderAlsoWhenItIsLargeOrRolledBack() {
    String tables =
        """
        txn.txn_a: {columns: [id, v]}
        txn.txn_b: {columns: [id, v]}
        """;
    try (World world = new World("txn", tables)) {
      for (String table : List.of("a", "b")) {
        world.sql(
            "CREATE TABLE txn.txn_" + table + " (id int PRIMARY KEY, v int)",
            "ALTER TABLE txn.txn_" + table + " REPLICA IDENTITY FULL",
            "INSERT INTO txn.txn_" + table + " VALUES (1, 1)");
      }
      world.start();
      String change =
          """
          BEGIN;
          INSERT INTO txn.txn_@ SELECT i, i FROM generate_series(2, #) i;
          ALTER TABLE txn.txn_@ RENAME COLUMN v TO w;
          UPDATE txn.txn_@ SET w = 0 WHERE id = 2;
          SAVEPOINT s;
          ALTER TABLE txn.txn_@ RENAME COLUMN w TO x;
          ALTER TABLE txn.txn_@ ALTER x TYPE text;
          INSERT INTO txn.txn_@ SELECT -i, 'gone' FROM generate_series(2, #) i;
          ROLLBACK TO s;
          INSERT INTO txn.txn_@ SELECT i, i FROM generate_series(# + 1, 2 * #) i;
          ALTER TABLE txn.txn_@ ALTER w TYPE bigint;
          UPDATE txn.txn_@ SET w = 5000000000 WHERE id = 2 * #;
          %s;
          """;
      for (String end : List.of("ROLLBACK", "COMMIT")) {
        world.sql(change.formatted(end).replace("@", "a").replace("#", "5"));
        world.sql(change.formatted(end).replace("@", "b").replace("#", "3000"));
      }
      world.othersGoOn();
      for (String table : List.of("a", "b")) {
        String sum = "SELECT count(*), sum(id), sum(w), max(w) FROM %s.txn_" + table;
        await()
            .atMost(LIMIT)
            .untilAsserted(
                () ->
                    assertThat(world.warehouse.rows(sum.formatted("school")))
                        .as(world.warehouse.story("txn"))
                        .isEqualTo(Warehouse.in(source(), "app", sum.formatted("txn"))));
      }
    }
  }

  @Test
  void changesWhileNobodyFollowedAreFound() {
    String tables =
        """
        down.down_a: {columns: [id, v, w]}
        down.down_b: {columns: [id, v]}
        down.down_full: {columns: [id, v]}
        down.down_swap: {columns: [id, v, w]}
        down.down_n*: {columns: [id]}
        """;
    try (World world = new World("down", tables)) {
      world.sql(
          "CREATE TABLE down.down_a (id int PRIMARY KEY, v int, w int)",
          "INSERT INTO down.down_a VALUES (1, 1, 1)",
          "CREATE TABLE down.down_b (id int PRIMARY KEY, v int)",
          "INSERT INTO down.down_b VALUES (1, 1)",
          "CREATE TABLE down.down_full (id int PRIMARY KEY, v int)",
          "ALTER TABLE down.down_full REPLICA IDENTITY FULL",
          "INSERT INTO down.down_full VALUES (1, 1)",
          "CREATE TABLE down.down_swap (id int PRIMARY KEY, v int, w int)",
          "INSERT INTO down.down_swap VALUES (1, 1, 2)");
      world.start();
      world.warehouse.stop("down");
      world.sql(
          "ALTER TABLE down.down_a RENAME v TO v2",
          "INSERT INTO down.down_a VALUES (2, 2, 2)",
          "ALTER TABLE down.down_a DROP COLUMN w CASCADE",
          "INSERT INTO down.down_a VALUES (3, 3)",
          "ALTER PUBLICATION tidemark_school_down DROP TABLE down.down_b",
          "ALTER TABLE down.down_b ALTER v TYPE bigint",
          "INSERT INTO down.down_b VALUES (2, 5000000000)",
          "ALTER TABLE down.down_b ALTER v TYPE text",
          "INSERT INTO down.down_b VALUES (3, 'c')",
          "ALTER TABLE down.down_full DROP COLUMN v",
          "INSERT INTO down.down_full VALUES (2)",
          "ALTER TABLE down.down_swap RENAME v TO x",
          "ALTER TABLE down.down_swap RENAME w TO v",
          "ALTER TABLE down.down_swap RENAME x TO w",
          "INSERT INTO down.down_swap VALUES (2, 3, 4)",
          "CREATE TABLE down.down_new (id int PRIMARY KEY)",
          "INSERT INTO down.down_new VALUES (1)");
      world.warehouse.run("down");
      world.othersGoOn();
      world.awaitRows("down_b", "1 1", "2 5000000000", "3 c");
      world.awaitRows("down_a", "1 1 1", "2 2 null", "3 3 null");
      world.awaitRows("down_full", "1 1", "2 null");
      world.awaitRows("down_swap", "1 1 2", "2 3 4");
      world.awaitRows("down_new", "1");
    }
  }

  @Test
  void tablesThatComeGoAndChangeTheirKeysAreNoticedWhileTheOthersGoOn() {
    String tables =
        """
        tab.tab_gone: {columns: [id]}
        tab.tab_again: {columns: [id, v]}
        tab.tab_moved: {columns: [id]}
        tab.tab_key: {columns: [id, v]}
        tab.tab_identity: {columns: [id, v]}
        tab.new_apply*: {columns: [id]}
        tab.new_hold*: {columns: [id], on-change: {new-table: hold}}
        tab.new_ignore*: {columns: [id], on-change: {new-table: ignore}}
        """;
    log.expect("new_hold is held");
    try (World world = new World("tab", tables)) {
      for (String table : List.of("gone", "again", "moved", "key", "identity")) {
        world.sql(
            "CREATE TABLE tab.tab_%s (id int PRIMARY KEY, v int NOT NULL)".formatted(table),
            "INSERT INTO tab.tab_%s VALUES (1, 1), (2, 2)".formatted(table));
      }
      world.start();
      world.sql(
          "DROP TABLE tab.tab_gone",
          "DROP TABLE tab.tab_again",
          "CREATE TABLE tab.tab_again (v int, id int PRIMARY KEY)",
          "INSERT INTO tab.tab_again VALUES (8, 7)",
          "ALTER TABLE tab.tab_moved RENAME TO away",
          "INSERT INTO tab.away VALUES (3, 3)",
          "ALTER TABLE tab.tab_key DROP CONSTRAINT tab_key_pkey",
          "ALTER TABLE tab.tab_key ADD PRIMARY KEY (v)",
          "UPDATE tab.tab_key SET id = 1 WHERE v = 2",
          "DELETE FROM tab.tab_key WHERE v = 1",
          "CREATE UNIQUE INDEX by_v ON tab.tab_identity (v)",
          "ALTER TABLE tab.tab_identity REPLICA IDENTITY USING INDEX by_v",
          "DELETE FROM tab.tab_identity WHERE v = 1",
          "CREATE TABLE tab.new_apply (id int PRIMARY KEY)",
          "CREATE TABLE tab.new_hold (id int PRIMARY KEY)",
          "CREATE TABLE tab.new_ignore (id int PRIMARY KEY)",
          "INSERT INTO tab.new_apply VALUES (1)");
      world.awaitState("tab_gone", "");
      world.awaitState("tab_moved", "");
      world.awaitState("new_hold", "held");
      world.awaitState("new_ignore", "");
      world.awaitRows("new_apply", "1");
      world.awaitRows("tab_again", "7 8");
      world.awaitRows("tab_key", "1 2");
      world.awaitRows("tab_identity", "2 2");
      assertThat(world.published("new_ignore")).isEmpty();
      assertThat(world.all("tab_gone")).containsExactly("1", "2");
      world.othersGoOn();
      world.sql("DELETE FROM tab.tab_key", "DELETE FROM tab.tab_identity");
      world.othersGoOn();
      world.awaitRows("tab_key");
      world.awaitRows("tab_identity");

      // Without a key updates fail at the source until the table is out of the publication.
      world.sql("ALTER TABLE tab.tab_key DROP CONSTRAINT tab_key_pkey");
      world.awaitState("tab_key", "refused");
      world.sql("INSERT INTO tab.tab_key VALUES (1, 1)", "UPDATE tab.tab_key SET v = 2");
      world.sql("ALTER TABLE tab.tab_key ADD PRIMARY KEY (id)");
      world.awaitRows("tab_key", "1 2");
    }
  }

  @Test
  void partitionsThatChangeByThemselvesAreNoticedAndOthersAreLeftAlone() {
    try (World world =
        new World("part", "part.part_a: {columns: [id, v]}\npart.part_b: {columns: [id, v]}\n")) {
      for (String table : List.of("a", "b")) {
        world.sql(
            "CREATE TABLE part.part_@ (id int PRIMARY KEY, v int) PARTITION BY RANGE (id)"
                .replace("@", table),
            "CREATE TABLE part.part_@1 PARTITION OF part.part_@ FOR VALUES FROM (0) TO (10)"
                .replace("@", table),
            "CREATE TABLE part.part_@2 PARTITION OF part.part_@ FOR VALUES FROM (10) TO (20)"
                .replace("@", table),
            "INSERT INTO part.part_@ VALUES (1, 1), (11, 11)".replace("@", table));
      }
      world.start();
      world.sql("TRUNCATE part.part_a1");
      world.awaitRows("part_a", "11 11");
      world.sql(
          "CREATE TABLE part.part_a3 (id int PRIMARY KEY, v int)",
          "INSERT INTO part.part_a3 VALUES (21, 21)",
          "ALTER TABLE part.part_a ATTACH PARTITION part.part_a3 FOR VALUES FROM (20) TO (30)");
      world.awaitRows("part_a", "11 11", "21 21");
      world.sql("ALTER TABLE part.part_a DETACH PARTITION part.part_a2");
      world.awaitRows("part_a", "21 21");
      world.warehouse.stop("part");
      world.sql("TRUNCATE part.part_a3", "INSERT INTO part.part_a VALUES (22, 22)");
      world.warehouse.run("part");
      world.awaitRows("part_a", "22 22");

      // What the stream says need not be copied.
      world.sql(
          "TRUNCATE part.part_b",
          "INSERT INTO part.part_b VALUES (2, 2)",
          "CREATE TABLE part.part_b3 PARTITION OF part.part_b FOR VALUES FROM (20) TO (30)",
          "INSERT INTO part.part_b VALUES (21, 21)");
      await()
          .atMost(LIMIT)
          .until(
              () ->
                  world
                      .rows(
                          "SELECT storage FROM tidemark.table_state WHERE source_table ="
                              + " 'part.part_b'")
                      .equals(
                          Warehouse.in(
                                  source(),
                                  "app",
                                  "SELECT 'part.part_b'::regclass::oid || ' ' || string_agg(oid ||"
                                      + " '/' || relfilenode, ' ' ORDER BY oid) FROM pg_class WHERE"
                                      + " relname IN ('part_b1', 'part_b2', 'part_b3')")
                              .stream()
                              .map(row -> String.valueOf(row.getFirst()))
                              .toList()));
      world.awaitRows("part_b", "2 2", "21 21");
      assertThat(log.lines()).noneMatch(line -> line.contains("part.part_b"));
      world.othersGoOn();
    }
  }
}
