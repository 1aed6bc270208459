package io.tidemark.analytics;

import static io.tidemark.analytics.ShapeTables.mapped;
import static io.tidemark.analytics.ShapeTables.relation;
import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.config.ChangeSettings;
import io.tidemark.config.ChangeSettings.AddedColumn;
import io.tidemark.config.ChangeSettings.ChangedType;
import io.tidemark.config.ChangeSettings.DroppedColumn;
import io.tidemark.config.ChangeSettings.NewTable;
import io.tidemark.config.ChangeSettings.RenamedColumn;
import io.tidemark.postgres.LogicalMessage.Relation;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class ShapeChangesTest {
  private static final String ALTER = "ALTER TABLE \"school\".\"t\" ";
  private static final ChangeSettings APPLY =
      policy(AddedColumn.APPLY, DroppedColumn.APPLY, RenamedColumn.APPLY, ChangedType.APPLY);

  private static ChangeSettings policy(
      AddedColumn added, DroppedColumn dropped, RenamedColumn renamed, ChangedType type) {
    return new ChangeSettings(added, dropped, renamed, type, NewTable.APPLY);
  }

  private static ShapeChange decide(
      ChangeSettings policy, String was, String now, Relation relation, boolean isShared) {
    return ShapeChanges.decide(
        mapped(policy, was.split(", ")),
        relation,
        Optional.of(mapped(policy, now.split(", "))),
        isShared);
  }

  private static List<String> columns(ShapeChange change) {
    return change.after().orElseThrow().columns().stream()
        .map(
            column ->
                column.source().name()
                    + " as "
                    + column.name()
                    + " "
                    + column.source().type().source())
        .toList();
  }

  @Test
  void nothingIsDoneAboutColumnsThatNobodyNames() {
    ShapeChange change =
        decide(
            APPLY,
            "1 id integer, 2 v text",
            "1 id integer, 2 v text",
            relation("*id integer", "v text", "more text"),
            false);
    assertThat(change.isNothing()).isTrue();
  }

  @ParameterizedTest
  @CsvSource(
      nullValues = "-",
      value = {
        "APPLY, ADD COLUMN IF NOT EXISTS \"w\" integer, 3, true",
        "APPLY_NULLABLE, ADD COLUMN IF NOT EXISTS \"w\" integer, 3, false",
        "IGNORE, -, 2, false",
      })
  void anAddedColumn(AddedColumn added, String statement, int columns, boolean resync) {
    ChangeSettings policy =
        policy(added, DroppedColumn.KEEP, RenamedColumn.APPLY, ChangedType.APPLY);
    ShapeChange change =
        decide(
            policy,
            "1 id integer, 2 v text",
            "1 id integer, 2 v text, 3 w integer",
            relation("*id integer", "v text", "w integer"),
            false);
    assertThat(change.statements())
        .isEqualTo(statement == null ? List.of() : List.of(ALTER + statement));
    assertThat(columns(change)).hasSize(columns);
    assertThat(change.resync()).isEqualTo(resync);
  }

  @Test
  void anAddedColumnThatIsNotSentYetWaits() {
    ShapeChange change =
        decide(
            APPLY,
            "1 id integer",
            "1 id integer, 2 w integer",
            relation("*id integer", "z text"),
            false);
    assertThat(change.isNothing()).isTrue();
  }

  @ParameterizedTest
  @CsvSource({"bigint, true", "text, true", "integer, false"})
  void aColumnThatOthersShareIsNotMadeAnotherByAStream(String type, boolean again) {
    ShapeChange change =
        decide(
            APPLY,
            "1 id integer, 2 v integer",
            "1 id integer, 2 v " + type,
            relation("*id integer", "v " + type),
            true);
    assertThat(change.resync()).isEqualTo(again);
    assertThat(change.statements()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({
    "APPLY, false, DROP COLUMN",
    "APPLY, true, COMMENT ON COLUMN",
    "KEEP, false, COMMENT ON COLUMN"
  })
  void aDroppedColumn(DroppedColumn dropped, boolean isShared, String statement) {
    ChangeSettings policy =
        policy(AddedColumn.APPLY, dropped, RenamedColumn.APPLY, ChangedType.APPLY);
    ShapeChange change =
        decide(policy, "1 id integer, 2 v text", "1 id integer", relation("*id integer"), isShared);
    assertThat(change.statements()).singleElement().asString().contains(statement);
    assertThat(columns(change)).containsExactly("id as id integer");
  }

  @ParameterizedTest
  @CsvSource({
    "APPLY, false, w as w text, 1",
    "IGNORE, false, w as v text, 0",
    "APPLY, true, w as v text, 0"
  })
  void aRenamedColumn(RenamedColumn renamed, boolean isShared, String column, int statements) {
    ChangeSettings policy =
        policy(AddedColumn.APPLY, DroppedColumn.KEEP, renamed, ChangedType.APPLY);
    ShapeChange change =
        decide(
            policy,
            "1 id integer, 2 v text",
            "1 id integer, 2 w text",
            relation("*id integer", "w text"),
            isShared);
    assertThat(columns(change)).containsExactly("id as id integer", column);
    assertThat(change.statements()).hasSize(statements);
    assertThat(change.resync()).isFalse();
  }

  @Test
  void aRenamedKeyStaysTheKey() {
    ShapeChange change =
        decide(
            APPLY,
            "1 id integer, 2 v text",
            "1 no integer, 2 v text",
            relation("*no integer", "v text"),
            false);
    assertThat(change.after().orElseThrow().key()).containsExactly("no");
  }

  @Test
  void aColumnThatIsRenamedAndOfAnotherTypeIsBoth() {
    ShapeChange change =
        decide(
            APPLY,
            "1 id integer, 2 v integer",
            "1 id integer, 2 w bigint",
            relation("*id integer", "w bigint"),
            false);
    assertThat(change.statements())
        .containsExactly(
            ALTER + "RENAME COLUMN \"v\" TO \"w\"",
            ALTER + "ALTER COLUMN \"w\" TYPE bigint USING \"w\"::bigint");
    assertThat(columns(change)).containsExactly("id as id integer", "w as w bigint");
  }

  @Test
  void whatTheCatalogHasForgottenIsBroughtInAgain() {
    ShapeChange renamedTwice =
        decide(
            APPLY,
            "1 id integer, 2 v text",
            "1 id integer, 2 x text",
            relation("*id integer", "w text"),
            false);
    ShapeChange changedTwice =
        decide(
            APPLY,
            "1 id integer, 2 v integer",
            "1 id integer, 2 v text",
            relation("*id integer", "v bigint"),
            false);
    ShapeChange otherIdentity =
        decide(
            APPLY,
            "1 id integer, 2 v text",
            "1 id integer, 2 v text",
            relation("id integer", "*v text"),
            false);
    assertThat(List.of(renamedTwice, changedTwice, otherIdentity))
        .allMatch(change -> change.after().isEmpty() && change.resync());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "1 id integer, 2 v text, 3 w text; w is new; v text,w text",
        "1 id integer; v was dropped; -",
        "1 id integer, 2 x text; v was renamed x; x text",
        "1 id integer, 2 v bigint; v is now bigint, was text; v bigint",
      })
  void isHeldWhereThePolicySaysSo(String now, String why, String sent) {
    ChangeSettings hold =
        policy(AddedColumn.HOLD, DroppedColumn.HOLD, RenamedColumn.HOLD, ChangedType.HOLD);
    String all = sent.equals("-") ? "*id integer" : "*id integer," + sent;
    ShapeChange change =
        decide(hold, "1 id integer, 2 v text", now, relation(all.split(",")), false);
    assertThat(change.after()).isEmpty();
    assertThat(change.resync()).isFalse();
    assertThat(change.what()).isEqualTo(why);
    assertThat(change.statements()).isEmpty();
  }

  @Test
  void isHeldWithoutItsKey() {
    ShapeChange change =
        decide(APPLY, "1 id integer, 2 v text", "2 v text", relation("*v text"), false);
    assertThat(change.after()).isEmpty();
    assertThat(change.what()).contains("its key id is no more");
  }
}
