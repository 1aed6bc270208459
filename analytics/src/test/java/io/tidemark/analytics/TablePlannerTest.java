package io.tidemark.analytics;

import static io.tidemark.analytics.ShapeTables.mapped;
import static io.tidemark.analytics.ShapeTables.saved;
import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.analytics.CatalogWatch.Parts;
import io.tidemark.analytics.CatalogWatch.Truncation;
import io.tidemark.config.ChangeSettings;
import io.tidemark.config.ChangeSettings.AddedColumn;
import io.tidemark.config.ChangeSettings.ChangedType;
import io.tidemark.config.ChangeSettings.DroppedColumn;
import io.tidemark.config.ChangeSettings.NewTable;
import io.tidemark.config.ChangeSettings.RenamedColumn;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Before a source is followed on, and what is looked at while it is. */
final class TablePlannerTest {
  private static final MappedTable TABLE =
      mapped(ChangeSettings.defaults(), "1 id integer", "2 v text");
  private static final String STORAGE = TABLE.source().storage();

  private static TableRow row(TableState state, MappedTable table) {
    return new TableRow(
        table.name(),
        table.target(),
        state,
        true,
        Optional.empty(),
        Optional.empty(),
        TableFingerprint.of(table),
        0,
        0,
        0,
        "",
        Optional.empty());
  }

  private static TablePlan followed(MappedTable now) {
    return TablePlanner.decide(
        now, Optional.of(row(TableState.STREAMING, TABLE)), saved(TABLE), STORAGE, true);
  }

  private static ChangeSettings policy(
      AddedColumn added, DroppedColumn dropped, NewTable newTable) {
    return new ChangeSettings(added, dropped, RenamedColumn.APPLY, ChangedType.APPLY, newTable);
  }

  @Test
  void whatIsAsItWasGoesOn() {
    assertThat(followed(TABLE)).isEqualTo(TablePlan.GO_ON);
  }

  @ParameterizedTest
  @EnumSource(
      value = TableState.class,
      names = {"PLANNED", "COPYING", "HELD"})
  void whatIsOnItsWayOrWaitsStaysSo(TableState state) {
    assertThat(TablePlanner.decide(TABLE, Optional.of(row(state, TABLE)), saved(TABLE), "9", false))
        .isEqualTo(TablePlan.GO_ON);
  }

  @ParameterizedTest
  @CsvSource({"APPLY, BRING_IN", "HOLD, HOLD"})
  void aNewTableFollowsItsPolicy(NewTable policy, TablePlan.Kind kind) {
    MappedTable table =
        mapped(policy(AddedColumn.APPLY, DroppedColumn.KEEP, policy), "1 id integer");
    assertThat(TablePlanner.decide(table, Optional.empty(), saved(table), "", false).kind())
        .isEqualTo(kind);
    assertThat(
            TablePlanner.decide(
                    table, Optional.of(row(TableState.REFUSED, table)), saved(table), "", false)
                .kind())
        .isEqualTo(kind);
  }

  @Test
  void whatMayLackChangesIsBroughtInAgain() {
    Optional<TableRow> row = Optional.of(row(TableState.STREAMING, TABLE));
    assertThat(TablePlanner.decide(TABLE, row, saved(TABLE), STORAGE, false).why())
        .contains("out of the publication");
    assertThat(TablePlanner.decide(TABLE, row, saved(TABLE), "9", true).why())
        .contains("another table");
    MappedTable otherKey = TABLE.with(TABLE.target(), TABLE.columns(), List.of("v"));
    assertThat(followed(otherKey).why()).contains("another way");
    MappedTable exchanged = mapped(ChangeSettings.defaults(), "1 v text", "2 id integer");
    assertThat(
            TablePlanner.decide(
                    exchanged,
                    Optional.of(row(TableState.STREAMING, exchanged)),
                    saved(TABLE),
                    STORAGE,
                    true)
                .why())
        .contains("another column has the name");
  }

  @ParameterizedTest
  @CsvSource({"APPLY, BRING_IN", "APPLY_NULLABLE, GO_ON", "HOLD, HOLD"})
  void anAddedColumnFollowsItsPolicy(AddedColumn added, TablePlan.Kind kind) {
    MappedTable now =
        mapped(
            policy(added, DroppedColumn.KEEP, NewTable.APPLY),
            "1 id integer",
            "2 v text",
            "3 w text");
    assertThat(followed(now).kind()).isEqualTo(kind);
  }

  @ParameterizedTest
  @CsvSource({"APPLY, GO_ON", "KEEP, GO_ON", "HOLD, HOLD"})
  void aDroppedColumnFollowsItsPolicy(DroppedColumn dropped, TablePlan.Kind kind) {
    MappedTable now = mapped(policy(AddedColumn.APPLY, dropped, NewTable.APPLY), "1 id integer");
    assertThat(followed(now).kind()).isEqualTo(kind);
    assertThat(TablePlanner.gone(now, saved(TABLE))).hasSize(1);
  }

  @Test
  void theFingerprintIsThatOfWhatMakesRowsWrong() {
    MappedTable renamed = mapped(ChangeSettings.defaults(), "1 no integer", "2 v text");
    MappedTable keyedByIt = renamed.with(renamed.target(), renamed.columns(), List.of("no"));
    assertThat(TableFingerprint.of(keyedByIt)).isEqualTo(TableFingerprint.of(TABLE));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "1 2/20 3/30; 2:5 3:5; false; ''",
        "1 2/21 3/31; 2:7 3:7; false; ''",
        "1 2/21 3/31 4/40; 2:7 3:7 4:9; false; 4",
        "1 2/20 3/30 4/40; 2:5 3:5 4:9; false; 4",
        "1 2/21 3/31; 2:8 3:8; true; ''",
        "1 2/21 3/31; 2:7 3:8; true; ''",
        "1 2/21 3/30; 2:7 3:5; true; ''",
        "1 2/20; 2:5; true; ''",
        "1 3/30 4/40; 3:5 4:9; true; 4",
      })
  void partitionsDifferByWhatTheStreamHasNotSaid(
      String storage, String writers, boolean unsaid, String added) {
    Map<String, String> map = new HashMap<>();
    for (String each : writers.split(" ", -1)) {
      map.put(each.split(":", -1)[0], each.split(":", -1)[1]);
    }
    CatalogWatch.Difference difference =
        new Parts(storage, map)
            .since("1 2/20 3/30", Set.of(new Truncation(ShapeTables.NAME, 7)), ShapeTables.NAME);
    assertThat(difference)
        .isEqualTo(new CatalogWatch.Difference(unsaid, added.isEmpty() ? Set.of() : Set.of(added)));
  }
}
