package io.tidemark.analytics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidemark.config.TidemarkException;
import io.tidemark.postgres.PostgresException;
import io.tidemark.postgres.PostgresSession;
import io.tidemark.testing.TestCluster;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** On 15, where CREATEROLE reaches every role, and on 18, where only those that it has made. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class AnalystsTest {
  private final Map<Integer, TestCluster> clusters = new HashMap<>();
  private int worlds;

  @TempDir Path secrets;

  /** With pg_stat_statements on 18, without on 15. */
  private AnalystWorld world(int major) {
    TestCluster cluster =
        clusters.computeIfAbsent(major, each -> AnalystWorld.cluster(each, each == 18));
    return AnalystWorld.make(cluster, "dwh" + worlds++, secrets);
  }

  @AfterAll
  void stop() {
    clusters.values().forEach(TestCluster::close);
  }

  @ParameterizedTest
  @ValueSource(ints = {15, 18})
  void anAnalystReadsWhatPipelinesWriteAndWritesOnlyTheOwnSchema(int major) {
    try (AnalystWorld world = world(major)) {
      String ana = world.add("ana");
      world.session().execute("CREATE TABLE school.later (id int)");
      world.session().execute("CREATE SCHEMA others");
      world.session().execute("CREATE TABLE others.hidden (id int)");
      try (PostgresSession session = world.asAnalyst("ana")) {
        assertThat(session.value("SELECT count(*) FROM orders")).contains("1000");
        assertThat(session.value("SELECT count(*) FROM school.later")).contains("0");
        assertThat(session.value("SELECT count(*) FROM tidemark.data_as_of")).contains("0");
        session.execute("CREATE TABLE mine AS SELECT * FROM orders");
        session.execute("CREATE TEMP TABLE scratch (id int)");
        assertThat(session.value("SELECT schemaname FROM pg_tables WHERE tablename = 'mine'"))
            .contains(ana);
        for (String forbidden :
            List.of(
                "INSERT INTO school.orders VALUES (0, 0)",
                "DELETE FROM school.orders",
                "CREATE TABLE school.intruder ()",
                "CREATE TABLE public.intruder ()",
                "CREATE SCHEMA intruder",
                "SELECT * FROM others.hidden",
                "SELECT * FROM tidemark.secret_request",
                "CREATE ROLE intruder")) {
          assertRefused(forbidden, () -> session.execute(forbidden), "denied");
        }
      }
      assertThat(world.cluster().log()).doesNotContain("ana-secret");
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {15, 18})
  void leavesNoMembershipInAnAnalystsRoleBehind(int major) {
    try (AnalystWorld world = world(major)) {
      world.add("ana");
      assertThatThrownBy(() -> world.session().execute("SET ROLE " + world.role("ana")))
          .isInstanceOf(PostgresException.class);
      assertThatThrownBy(
              () -> world.session().execute("CREATE TABLE %s.x ()".formatted(world.role("ana"))))
          .isInstanceOf(PostgresException.class);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {15, 18})
  void limitsAreSetForThisDatabaseAndChangedOnlyWhenAskedFor(int major) {
    try (AnalystWorld world = world(major)) {
      String ana = world.add("ana");
      try (PostgresSession session = world.asAnalyst("ana")) {
        // The test's own connection asks for a limit; what the role has is in the catalog.
        assertThat(settings(session, ana)).contains("statement_timeout=300000");
        assertThat(settings(session, ana)).contains("search_path=" + ana + ", school");
      }
      AnalystChange second =
          world
              .analysts()
              .add(
                  ana,
                  AnalystOptions.defaults()
                      .withStatementTimeout(Duration.ofSeconds(7))
                      .withConnectionLimit(1));
      assertThat(second.made()).isFalse();
      world.analysts().add(ana, AnalystOptions.defaults());
      try (PostgresSession session = world.asAnalyst("ana")) {
        assertThat(settings(session, ana)).contains("statement_timeout=7000");
        assertThatThrownBy(() -> world.asAnalyst("ana")).hasMessageContaining("too many");
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {15, 18})
  void refusesARoleThatItDidNotMake(int major) {
    try (AnalystWorld world = world(major)) {
      String other = world.role("other");
      world.cluster().sql("CREATE ROLE " + other + " LOGIN");
      assertRefused(
          "add",
          () -> world.analysts().add(other, AnalystOptions.defaults()),
          "was not made by Tidemark");
      assertRefused(
          "drop",
          () -> world.analysts().drop(other, AnalystDrop.careful()),
          "was not made by Tidemark");
      assertThat(world.analysts().list()).isEmpty();
      for (String name : List.of("school", "tidemark", "pg_x", "Ana", "a b", "", world.group())) {
        assertThatThrownBy(() -> world.analysts().add(name, AnalystOptions.defaults()))
            .hasMessageContaining("will not do");
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {15, 18})
  void aFailedAddLeavesNothing(int major) {
    try (AnalystWorld world = world(major)) {
      String ana = world.role("ana");
      world.session().execute("CREATE SCHEMA " + ana);
      assertRefused(
          "add", () -> world.analysts().add(ana, AnalystOptions.defaults()), "belongs to");
      assertThat(
              world
                  .session()
                  .value("SELECT 1 FROM pg_roles WHERE rolname IN (?, ?)", ana, world.group()))
          .isEmpty();
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {15, 18})
  void warnsOfWhatARoleMayDoBeyondItsSchema(int major) {
    try (AnalystWorld world = world(major)) {
      world.session().execute("GRANT INSERT ON school.orders TO PUBLIC");
      world.session().execute("CREATE SCHEMA open");
      world.session().execute("GRANT CREATE ON SCHEMA open TO PUBLIC");
      AnalystChange change = world.analysts().add(world.role("ana"), AnalystOptions.defaults());
      assertThat(change.warnings()).hasSize(2);
      for (String warning : change.warnings()) {
        world.session().execute(warning.substring(warning.indexOf("REVOKE")));
      }
      assertThat(world.analysts().add(change.name(), AnalystOptions.defaults()).warnings())
          .isEmpty();
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {15, 18})
  void listsSizesSessionsAndQueryTime(int major) {
    try (AnalystWorld world = world(major);
        PostgresSession superuser = world.asSuperuser()) {
      String ana = world.add("ana");
      world.add("bob");
      if (major == 18) {
        superuser.execute("CREATE EXTENSION pg_stat_statements");
      }
      world.views().install();
      try (PostgresSession session = world.asAnalyst("ana")) {
        session.execute("CREATE TABLE mine AS SELECT * FROM orders");
        session.execute("SELECT pg_sleep(0.2)");
        List<Analyst> list = world.analysts().list();
        assertThat(list).extracting(Analyst::name).containsExactly(ana, world.role("bob"));
        assertThat(list.getFirst().tables()).isEqualTo(1);
        assertThat("" + list.getFirst().schemaBytes())
            .isEqualTo(
                superuser
                    .value("SELECT pg_total_relation_size(?::regclass)", ana + ".mine")
                    .orElse(""));
        assertThat(list.getFirst().sessions()).isEqualTo(1);
        assertThat(list.getLast().sessions()).isEqualTo(0);
        if (major == 18) {
          assertThat(list.getFirst().queryTime().orElseThrow())
              .isBetween(Duration.ofMillis(200), Duration.ofSeconds(20));
        } else {
          assertThat(list.getFirst().queryTime()).isEmpty();
        }
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {15, 18})
  void dropsAnEmptyAnalystAndLosesNothingUnasked(int major) {
    try (AnalystWorld world = world(major)) {
      String ana = world.add("ana");
      try (PostgresSession session = world.asAnalyst("ana")) {
        session.execute("CREATE TABLE mine (id int)");
        assertRefused(
            "with objects",
            () -> world.analysts().drop(ana, AnalystDrop.careful()),
            "is not empty: table " + ana + ".mine");
        assertRefused(
            "with a session",
            () -> world.analysts().drop(ana, AnalystDrop.careful().droppingObjects()),
            "1 session");
        world.analysts().drop(ana, AnalystDrop.careful().droppingObjects().endingSessions());
        assertThatThrownBy(session::now).isInstanceOf(PostgresException.class);
      }
      assertThat(world.analysts().list()).isEmpty();
      assertThat(world.session().value("SELECT 1 FROM pg_namespace WHERE nspname = ?", ana))
          .isEmpty();
      assertThat(world.session().value("SELECT 1 FROM pg_roles WHERE rolname = ?", ana)).isEmpty();
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {15, 18})
  void whatIsOwnedElsewhereIsSaidAndGivenToAnother(int major) {
    try (AnalystWorld world = world(major)) {
      String ana = world.add("ana");
      String bob = world.add("bob");
      world.session().execute("CREATE SCHEMA shared");
      world.session().execute("GRANT ALL ON SCHEMA shared TO " + ana);
      try (PostgresSession session = world.asAnalyst("ana")) {
        session.execute("CREATE TABLE shared.report (id int)");
        session.execute("CREATE TABLE mine (id int)");
      }
      assertRefused(
          "owned elsewhere",
          () -> world.analysts().drop(ana, AnalystDrop.careful().droppingObjects()),
          "outside its schema: table shared.report");
      world.analysts().drop(ana, AnalystDrop.careful().reassigningTo(bob).endingSessions());
      assertThat(
              world
                  .session()
                  .query(
                      "SELECT tableowner FROM pg_tables WHERE tablename IN ('mine', 'report')",
                      row -> row.text("tableowner")))
          .containsExactly(bob, bob);
      assertThat(world.analysts().list()).extracting(Analyst::name).containsExactly(bob);
      assertThatThrownBy(() -> world.session().execute("SET ROLE " + bob))
          .isInstanceOf(PostgresException.class);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {15, 18})
  void whatOthersBuiltOnADroppedSchemaIsNotLost(int major) {
    try (AnalystWorld world = world(major)) {
      String ana = world.add("ana");
      String bob = world.add("bob");
      try (PostgresSession session = world.asAnalyst("ana")) {
        session.execute("CREATE TABLE mine (id int)");
        session.execute("GRANT USAGE ON SCHEMA %s TO %s".formatted(ana, bob));
        session.execute("GRANT SELECT ON mine TO " + bob);
      }
      try (PostgresSession session = world.asAnalyst("bob")) {
        session.execute("CREATE VIEW built AS SELECT * FROM %s.mine".formatted(ana));
      }
      AnalystDrop everything = AnalystDrop.careful().droppingObjects().endingSessions();
      assertRefused("depended on", () -> world.analysts().drop(ana, everything), "depends on what");
      try (PostgresSession session = world.asAnalyst("bob")) {
        assertThat(session.value("SELECT count(*) FROM built")).contains("0");
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {15, 18})
  void saysWhatItsOwnRoleLacks(int major) {
    try (AnalystWorld world = world(major)) {
      world.cluster().sql("ALTER ROLE %s NOCREATEROLE".formatted(world.role("tidemark")));
      assertThatThrownBy(() -> world.analysts().add(world.role("ana"), AnalystOptions.defaults()))
          .isInstanceOfSatisfying(
              TidemarkException.class,
              e ->
                  assertThat(e.hint())
                      .isEqualTo(
                          "as a superuser: ALTER ROLE \"%s\" CREATEROLE;"
                              .formatted(world.role("tidemark"))));
    }
  }

  private static String settings(PostgresSession session, String role) {
    return session
        .value(
            "SELECT array_to_string(setconfig, '; ') FROM pg_db_role_setting"
                + " WHERE setrole = ?::regrole"
                + " AND setdatabase = (SELECT oid FROM pg_database WHERE datname ="
                + " current_database())",
            role)
        .orElse("")
        .replace("\"", "");
  }

  private static void assertRefused(String what, ThrowingCallable call, String message) {
    assertThatThrownBy(call)
        .as(what)
        .isInstanceOf(TidemarkException.class)
        .hasMessageContaining(message);
  }
}
