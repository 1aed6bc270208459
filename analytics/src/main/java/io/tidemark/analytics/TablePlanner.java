package io.tidemark.analytics;

import io.tidemark.config.ChangeSettings.AddedColumn;
import io.tidemark.config.ChangeSettings.DroppedColumn;
import io.tidemark.config.ChangeSettings.NewTable;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * Decides what becomes of a table before its source is followed on, of what the target has of it
 * and what the source and the configuration say now. Pure.
 */
final class TablePlanner {
  private final MappedTable table;
  private final List<SavedColumn> saved;

  private TablePlanner(MappedTable table, List<SavedColumn> saved) {
    this.table = table;
    this.saved =
        saved.stream()
            .filter(column -> column.table().equals(table.name()) && !column.isDropped())
            .toList();
  }

  /**
   * Decides.
   *
   * @param row empty: nothing is known of it yet
   * @param saved columns of any tables, as the target has them
   * @param storage as it was recorded last
   * @param isPublished whether its changes were sent until now
   */
  static TablePlan decide(
      MappedTable table,
      Optional<TableRow> row,
      List<SavedColumn> saved,
      String storage,
      boolean isPublished) {
    TablePlanner planner = new TablePlanner(table, saved);
    return row.map(known -> planner.known(known, storage, isPublished))
        .orElseGet(() -> planner.arrived("it is new"));
  }

  /** Columns of the target that the source has no more, and of which that is not on record. */
  static List<SavedColumn> gone(MappedTable table, List<SavedColumn> saved) {
    return new TablePlanner(table, saved).gone();
  }

  private TablePlan arrived(String why) {
    return table.onChange().newTable() == NewTable.HOLD
        ? TablePlan.hold(why + ", and on-change has new-table: hold")
        : TablePlan.bringIn(why);
  }

  private TablePlan known(TableRow row, String storage, boolean isPublished) {
    if (row.state() == TableState.REFUSED) {
      return arrived("it can be taken now");
    }
    if (!row.isFollowed()) {
      return TablePlan.GO_ON;
    }
    if (!storage.split(" ", 2)[0].equals(Integer.toUnsignedString(table.source().oid()))) {
      return TablePlan.bringIn("it is another table of that name");
    }
    return held().orElseGet(() -> followed(row, isPublished));
  }

  private Optional<TablePlan> held() {
    if (!gone().isEmpty() && table.onChange().droppedColumn() == DroppedColumn.HOLD) {
      return Optional.of(TablePlan.hold(names(gone()) + " was dropped"));
    }
    if (!added().isEmpty() && table.onChange().addedColumn() == AddedColumn.HOLD) {
      return Optional.of(TablePlan.hold(String.join(", ", added()) + " is new"));
    }
    return Optional.empty();
  }

  private TablePlan followed(TableRow row, boolean isPublished) {
    if (!row.mapping().equals(TableFingerprint.of(table))) {
      return TablePlan.bringIn("it is taken another way now");
    }
    if (!isPublished) {
      return TablePlan.bringIn("it was taken out of the publication, so changes may be missing");
    }
    if (!added().isEmpty() && table.onChange().addedColumn() == AddedColumn.APPLY) {
      return TablePlan.bringIn(String.join(", ", added()) + " is new");
    }
    String exchanged = exchanged();
    return exchanged.isEmpty()
        ? TablePlan.GO_ON
        : TablePlan.bringIn("another column has the name " + exchanged + " now");
  }

  private List<SavedColumn> gone() {
    return saved.stream()
        .filter(
            column ->
                column.relation() == table.source().oid()
                    && table.source().columns().stream()
                        .noneMatch(now -> now.number() == column.number()))
        .toList();
  }

  /** What the configuration names and the target has not. */
  private List<String> added() {
    return table.columns().stream()
        .filter(
            column ->
                !column.isGenerated()
                    && saved.stream().noneMatch(its -> its.number() == column.source().number()))
        .map(MappedColumn::name)
        .toList();
  }

  /** A stream names columns, and no numbers: under an old name values of another would come. */
  private String exchanged() {
    return table.columns().stream()
        .filter(
            column ->
                saved.stream()
                    .anyMatch(
                        its ->
                            its.source().equals(column.source().name())
                                && its.number() != column.source().number()))
        .map(column -> column.source().name())
        .collect(Collectors.joining(", "));
  }

  private static String names(List<SavedColumn> columns) {
    return columns.stream().map(SavedColumn::source).collect(Collectors.joining(", "));
  }
}
