package io.tidemark.replicamanager;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** SQL that makes tables of the target like the source's. */
final class LogicalDdl {
  private static final int VIRTUAL_SINCE = 18;

  private LogicalDdl() {}

  /**
   * An empty table with the columns that are published, keyed by the replica identity. Without a
   * column list generated columns are there too, and are computed in the target.
   *
   * @param list the publication's column list; empty: all
   * @param major of the target's server
   */
  static String create(LogicalTable table, Set<String> list, int major) {
    Stream<String> columns =
        table.columns().stream()
            .filter(column -> column.isGenerated() ? list.isEmpty() : named(column, list))
            .filter(column -> !column.virtual() || major >= VIRTUAL_SINCE)
            .map(LogicalDdl::definition);
    Stream<String> key =
        table.key().isEmpty()
            ? Stream.of()
            : Stream.of(
                table.key().stream()
                    .map(TableName::quoted)
                    .collect(Collectors.joining(", ", "PRIMARY KEY (", ")")));
    return Stream.concat(columns, key)
        .collect(Collectors.joining(", ", "CREATE TABLE " + table.name().quoted() + " (", ")"));
  }

  private static boolean named(LogicalColumn column, Set<String> list) {
    return list.isEmpty() || list.contains(column.name());
  }

  private static String definition(LogicalColumn column) {
    String generated =
        column
            .generated()
            .map(
                expression ->
                    " GENERATED ALWAYS AS (%s) %s"
                        .formatted(expression, column.virtual() ? "VIRTUAL" : "STORED"))
            .orElse("");
    return column.quoted()
        + " "
        + column.type()
        + generated
        + (column.required() ? " NOT NULL" : "");
  }

  /**
   * A column that is new at the source, filled with what the source's old rows hold where the
   * source has not written them anew.
   */
  static String add(LogicalColumn column) {
    return "ADD COLUMN "
        + column.quoted()
        + " "
        + column.type()
        + column
            .missing()
            .map(value -> " DEFAULT " + literal(value) + "::" + column.type())
            .orElse("");
  }

  static String rename(String from, LogicalColumn to) {
    return "RENAME COLUMN " + TableName.quoted(from) + " TO " + to.quoted();
  }

  /** Fails where a value that is there cannot be converted. */
  static List<String> retype(LogicalColumn source, LogicalColumn target) {
    String column = "ALTER COLUMN " + source.quoted();
    List<String> changes = new ArrayList<>();
    if (target.hasDefault()) {
      changes.add(column + " DROP DEFAULT");
    }
    changes.add(
        "%s TYPE %s USING %s::text::%2$s".formatted(column, source.type(), source.quoted()));
    return changes;
  }

  static String allowNull(LogicalColumn column) {
    return "ALTER COLUMN " + column.quoted() + " DROP NOT NULL";
  }

  static String drop(LogicalColumn column) {
    return "DROP COLUMN " + column.quoted();
  }

  /** For a server with standard_conforming_strings on or off. */
  static String literal(String text) {
    String quoted = "'" + text.replace("'", "''").replace("\\", "\\\\") + "'";
    return text.indexOf('\\') < 0 ? quoted : " E" + quoted;
  }
}
