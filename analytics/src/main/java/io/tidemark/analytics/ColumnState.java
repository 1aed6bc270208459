package io.tidemark.analytics;

import io.tidemark.postgres.PostgresSession;
import java.util.List;
import java.util.stream.Collectors;

/** What the target knows of the columns of one source's tables. As {@link SourceState}. */
final class ColumnState {
  private final String schema;
  private final String pipeline;
  private final String source;

  /**
   * @param schema quoted
   */
  ColumnState(String schema, String pipeline, String source) {
    this.schema = schema;
    this.pipeline = pipeline;
    this.source = source;
  }

  /** As they are now. Of those that the source has no more it stays on record that they were. */
  void save(PostgresSession target, MappedTable table) {
    dropped(target, table);
    target.execute(
        "DELETE FROM "
            + schema
            + ".column_state WHERE pipeline = ? AND source = ? AND source_table = ? AND NOT"
            + " dropped",
        pipeline,
        source,
        table.name().toString());
    for (MappedColumn column : table.columns()) {
      target.execute(
          "INSERT INTO "
              + schema
              + ".column_state VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
              + " ON CONFLICT (pipeline, source, source_table, number) DO UPDATE SET source_name ="
              + " excluded.source_name, configured_name = excluded.configured_name, target_name ="
              + " excluded.target_name, source_type = excluded.source_type, source_modifier ="
              + " excluded.source_modifier, target_type = excluded.target_type, dropped = false",
          pipeline,
          source,
          table.name().toString(),
          column.source().number(),
          column.source().name(),
          column.configured(),
          column.name(),
          Integer.toUnsignedLong(column.source().type().oid()),
          column.source().type().modifier(),
          column.type());
    }
  }

  /** Columns that the source has no more. */
  void dropped(PostgresSession target, MappedTable table) {
    target.execute(
        "UPDATE "
            + schema
            + ".column_state SET dropped = true WHERE pipeline = ? AND source = ? AND source_table"
            + " = ? AND NOT (number = ANY (?::int[]))",
        pipeline,
        source,
        table.name().toString(),
        table.source().columns().stream()
            .map(column -> String.valueOf(column.number()))
            .collect(Collectors.joining(",", "{", "}")));
  }

  /** Columns that are not taken any more: should they be again, then as new ones. */
  void forget(PostgresSession target, MappedTable table) {
    target.execute(
        "DELETE FROM "
            + schema
            + ".column_state WHERE pipeline = ? AND source = ? AND source_table = ? AND NOT"
            + " dropped AND NOT (number = ANY (?::int[]))",
        pipeline,
        source,
        table.name().toString(),
        table.columns().stream()
            .map(column -> String.valueOf(column.source().number()))
            .collect(Collectors.joining(",", "{", "}")));
  }

  List<SavedColumn> all(PostgresSession target) {
    return target.query(
        "SELECT c.*, coalesce(nullif(split_part(t.storage, ' ', 1), ''), '0')::bigint AS relation"
            + " FROM "
            + schema
            + ".column_state c JOIN "
            + schema
            + ".table_state t USING (pipeline, source, source_table)"
            + " WHERE pipeline = ? AND source = ?",
        row ->
            new SavedColumn(
                TableName.parse(row.text("source_table")),
                (int) row.number("relation"),
                (int) row.number("number"),
                row.text("source_name"),
                row.text("configured_name"),
                row.text("target_name"),
                (int) row.number("source_type"),
                (int) row.number("source_modifier"),
                row.text("target_type"),
                row.flag("dropped")),
        pipeline,
        source);
  }
}
