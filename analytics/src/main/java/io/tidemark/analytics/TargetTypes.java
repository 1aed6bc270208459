package io.tidemark.analytics;

import io.tidemark.postgres.PostgresException;
import io.tidemark.postgres.PostgresSession;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The types that columns of the target have, against those that they are to have. */
final class TargetTypes {
  /** The type of a column, with its modifiers and without. */
  record There(String type, String plain) {}

  private TargetTypes() {}

  /**
   * A column that is wide enough stays; one that is not becomes so, where nothing is lost.
   *
   * @param isRemade whether it is emptied, and gets another type then
   * @return why the column cannot be used; empty where it can
   */
  static Optional<TableProblem> fit(
      PostgresSession target,
      MappedTable table,
      MappedColumn column,
      There there,
      boolean isRemade) {
    String type = column.type();
    boolean same = there.plain().equals(canonical(target, type));
    if (TypeWidth.holds(there.type(), type) || (isRemade && !same)) {
      return Optional.empty();
    }
    if (TypeWidth.holds(type, there.type())) {
      return widened(target, table, column, there.type());
    }
    return same
        ? Optional.empty()
        : Optional.of(
            new TableProblem(
                table.name(),
                "the column %s of %s is %s, and this source has %s"
                    .formatted(column.name(), table.target(), there.plain(), type),
                "make the sources equal, or give this one a table of its own by target:"));
  }

  private static Optional<TableProblem> widened(
      PostgresSession target, MappedTable table, MappedColumn column, String there) {
    try {
      target.execute(
          "ALTER TABLE %s ALTER COLUMN %s TYPE %s"
              .formatted(table.target().quoted(), Sql.name(column.name()), column.type()));
      return Optional.empty();
    } catch (PostgresException e) {
      if (TableFailure.of(table, e) instanceof TableFailure failure) {
        List<String> views =
            failure.isDependency() ? TargetTables.views(target, table.target()) : List.of();
        return Optional.of(
            new TableProblem(
                table.name(),
                "the column %s of %s is %s, and cannot become %s: %s"
                    .formatted(column.name(), table.target(), there, column.type(), e.getMessage()),
                views.isEmpty()
                    ? "ALTER it in the target"
                    : "views read it: " + String.join(", ", views)));
      }
      throw e;
    }
  }

  /** Columns that have another type than they are to have, whatever the modifiers. */
  static List<MappedColumn> others(PostgresSession target, MappedTable table) {
    Map<String, There> there = columns(target, table.target());
    return table.columns().stream()
        .filter(
            column -> {
              There type = there.get(column.name());
              return type != null && !type.plain().equals(canonical(target, column.type()));
            })
        .toList();
  }

  /** Name → type. */
  static Map<String, There> columns(PostgresSession target, TableName table) {
    Map<String, There> columns = new LinkedHashMap<>();
    target.query(
        "SELECT attname, format_type(atttypid, atttypmod) AS type, format_type(atttypid, NULL) AS"
            + " plain FROM pg_attribute WHERE attrelid = to_regclass(?) AND attnum > 0 AND NOT"
            + " attisdropped ORDER BY attnum",
        row -> columns.put(row.text("attname"), new There(row.text("type"), row.text("plain"))),
        table.quoted());
    return columns;
  }

  /** As the server prints a type, without modifiers: two spellings of one type are equal. */
  private static String canonical(PostgresSession target, String type) {
    return target
        .value(
            "SELECT format_type(to_regtype(?)::oid, NULL)", type.replaceAll("\\([0-9, -]*\\)", ""))
        .orElse(type);
  }
}
