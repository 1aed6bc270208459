package io.tidemark.analytics;

import static io.tidemark.analytics.ShapeTables.NAME;
import static io.tidemark.analytics.ShapeTables.OID;
import static io.tidemark.analytics.ShapeTables.columns;
import static io.tidemark.analytics.ShapeTables.source;
import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.config.Configuration;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** What becomes of a table, and why some cannot be taken. */
final class TableMapperTest {
  private static final PseudonymKey KEY = new PseudonymKey(new byte[32]);
  private static final SourceTable PLAIN = source(columns("1 id integer", "2 v text"), "id");

  private static TableMapping map(String tables, List<SavedColumn> saved, SourceTable... catalog) {
    String yaml =
        """
        repositories: {r: {type: posix, path: /nonexistent}}
        clusters: {one: {repository: r, connection: {host: h, user: u}}}
        analytics:
          target: {host: h, database: d, user: u}
          pseudonym-key-file: /nonexistent
          pipelines:
            school:
              schema: school
              sources: {one: {cluster: one, database: app}}
              tables:
        """;
    Configuration configuration =
        Configuration.parse(Path.of("/nonexistent/tidemark.yaml"), yaml + tables.indent(8));
    var pipeline = configuration.requireAnalytics().pipeline("school");
    return new TableMapper(pipeline, pipeline.source("one"), Optional.of(KEY), saved)
        .map(List.of(catalog));
  }

  private static void refuses(String rule, SourceTable table, String found, String advice) {
    TableMapping mapping = map("public.t: " + rule, List.of(), table);
    assertThat(mapping.tables()).isEmpty();
    assertThat(mapping.problems())
        .singleElement()
        .satisfies(
            problem -> {
              assertThat(problem.table()).isEqualTo(NAME);
              assertThat(problem.found()).contains(found);
              assertThat(problem.advice()).contains(advice);
            });
  }

  private static SavedColumn saved(int number, String configured, String target, boolean dropped) {
    return new SavedColumn(
        NAME, OID, number, configured, configured, target, 25, -1, "text", dropped);
  }

  @Test
  void takesWhatIsNamedAndNoMore() {
    TableMapping mapping = map("public.t: {columns: [id]}", List.of(), PLAIN);
    assertThat(mapping.problems()).isEmpty();
    assertThat(mapping.tables())
        .singleElement()
        .satisfies(
            table -> {
              assertThat(table.published()).containsExactly("id");
              assertThat(table.primaryKey()).containsExactly("_site", "_database", "id");
              assertThat(table.ownRows("x"))
                  .isEqualTo("x.\"_site\" = 'one' AND x.\"_database\" = 'app'");
            });
  }

  @Test
  void refusesAColumnThatIsNotThere() {
    refuses("{columns: [id, w]}", PLAIN, "it has no column w", "correct its name");
  }

  @Test
  void refusesATableThatHasNoneOfTheNamedColumns() {
    TableMapping mapping = map("'public.*': {columns: [other]}", List.of(), PLAIN);
    assertThat(mapping.problems().getFirst().found()).contains("none of the named columns");
    assertThat(mapping.problems().getFirst().advice()).contains("its key");
  }

  @Test
  void refusesATableWhoseRowsNothingTellsApart() {
    SourceTable keyless = source(columns("1 id integer"));
    refuses("{columns: [id]}", keyless, "neither primary key nor", "without-key: append");
    SourceTable full = source(OID, 'f', columns("1 id integer"));
    refuses("{columns: [id], mode: history}", full, "mode: history needs", "add a primary key");
  }

  @Test
  void takesInsertsOrWholeRowsOfATableWithoutAKey() {
    SourceTable keyless = source(columns("1 id integer"));
    assertThat(
            map("public.t: {columns: [id], without-key: append}", List.of(), keyless)
                .tables()
                .getFirst()
                .kind())
        .isEqualTo(MappedTable.Kind.APPEND);
    assertThat(
            map("public.t: {columns: [id]}", List.of(), source(OID, 'f', columns("1 id integer")))
                .tables()
                .getFirst()
                .kind())
        .isEqualTo(MappedTable.Kind.MULTISET);
  }

  @Test
  void refusesAKeyThatIsNotWholeOrNotInjective() {
    refuses("{columns: [v]}", PLAIN, "its key column id is not among columns:", "name all of id");
    SourceTable text = source(columns("1 id text"), "id");
    refuses(
        "{columns: [id], masks: {id: keep-prefix 2}}",
        text,
        "under which different rows become one",
        "use pseudonym");
    assertThat(map("public.t: {columns: [id], masks: {id: pseudonym}}", List.of(), text).problems())
        .isEmpty();
  }

  @Test
  void refusesAMaskThatItsTypeCannotHave() {
    refuses("{columns: [id, v], masks: {v: round 5}}", PLAIN, "v: ", "choose another mask");
  }

  @Test
  void refusesFullIdentityThatWouldSendWhatIsNotNamed() {
    refuses(
        "{columns: [id]}",
        source(OID, 'f', columns("1 id integer", "2 v text"), "id"),
        "v must not leave the source",
        "REPLICA IDENTITY DEFAULT");
  }

  @Test
  void refusesGeneratedColumnsThatTheTargetCannotCompute() {
    List<SourceColumn> columns = new ArrayList<>(columns("1 id integer", "2 v text"));
    columns.add(new SourceColumn(3, "g", ShapeTables.type("text"), false, Optional.of("upper(v)")));
    SourceTable table = source(columns, "id");
    refuses("{columns: [id, g]}", table, "g is generated from v", "leave g out");
    refuses(
        "{columns: [id, v, g], masks: {g: pseudonym}}",
        table,
        "is generated and has a mask",
        "mask the columns that it is made of");
    assertThat(map("public.t: {columns: [id, v, g]}", List.of(), table).problems()).isEmpty();
  }

  @Test
  void refusesANameThatTidemarkUses() {
    List<SavedColumn> saved = List.of(saved(2, "v", "_site", false));
    TableMapping mapping = map("public.t: {columns: [id, v]}", saved, PLAIN);
    assertThat(mapping.problems())
        .containsExactly(
            new TableProblem(
                NAME,
                "its column _site has a name that Tidemark uses",
                "choose other label-columns:, or leave it out"));
  }

  @Test
  void refusesTheTargetOfAnother() {
    SourceTable other =
        new SourceTable(
            9,
            new TableName("second", "t"),
            false,
            false,
            'd',
            PLAIN.columns(),
            List.of("id"),
            Set.of(),
            List.of(),
            0,
            0);
    TableMapping mapping = map("'*.t': {columns: [id]}", List.of(), PLAIN, other);
    assertThat(mapping.tables()).hasSize(1);
    assertThat(mapping.problems().getFirst().found()).contains("is that of public.t");
    assertThat(mapping.problems().getFirst().advice()).contains("target:");
  }

  @Test
  void aRenamedColumnIsMeantByTheNameThatItHadAndNoOtherTakesItsPlace() {
    SourceTable table = source(columns("1 id integer", "2 w text", "3 v text"), "id");
    List<SavedColumn> saved = List.of(saved(1, "id", "id", false), saved(2, "v", "v", false));
    TableMapping mapping = map("public.t: {columns: [id, v], masks: {v: pseudonym}}", saved, table);
    assertThat(mapping.problems()).isEmpty();
    // The third, which was called something else, was never named.
    assertThat(mapping.tables().getFirst().published()).containsExactly("id", "w");
    assertThat(mapping.tables().getFirst().columns().get(1).isMasked()).isTrue();
  }

  @Test
  void numbersOfAnotherTableOfThatNameSayNothing() {
    SourceTable again =
        source(OID + 1, 'd', columns("1 id integer", "2 phone text", "3 v text"), "id");
    List<SavedColumn> saved = List.of(saved(1, "id", "id", false), saved(2, "v", "v", false));
    assertThat(map("public.t: {columns: [id, v]}", saved, again).tables().getFirst().published())
        .containsExactly("id", "v");
  }

  @Test
  void aDroppedColumnIsNoMistakeOfTheConfiguration() {
    SourceTable table = source(columns("1 id integer"), "id");
    for (boolean dropped : new boolean[] {true, false}) {
      List<SavedColumn> saved = List.of(saved(1, "id", "id", false), saved(2, "v", "v", dropped));
      TableMapping mapping = map("public.t: {columns: [id, v]}", saved, table);
      assertThat(mapping.problems()).isEmpty();
      assertThat(mapping.tables().getFirst().published()).containsExactly("id");
    }
  }
}
