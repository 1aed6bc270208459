package io.tidemark.replicamanager;

import io.tidemark.postgres.PostgresSession;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * What is written down in the target of a native pipeline's tables: which are Tidemark's, and which
 * are to be emptied before they are copied. Written before what it is about is done.
 */
final class LogicalState {
  private final String pipeline;
  private final String schema;
  private final String table;

  /**
   * @param stateSchema made where there is none
   */
  LogicalState(String pipeline, String stateSchema) {
    this.pipeline = pipeline;
    this.schema = TableName.quoted(stateSchema);
    this.table = schema + ".native_table";
  }

  /**
   * One table.
   *
   * @param stale its rows in the target are to be thrown away before it is copied
   * @param asked a command wants it copied again, whatever it was held for
   * @param subscribed whether it ever was
   * @param columns number → name of those of the source's that it was made or altered for
   */
  record Kept(boolean stale, boolean asked, boolean subscribed, Map<Integer, String> columns) {
    Kept {
      columns = Map.copyOf(columns);
    }

    Optional<String> column(int number) {
      return Optional.ofNullable(columns.get(number));
    }
  }

  boolean isThere(PostgresSession target) {
    return target.value("SELECT to_regclass(?)::text", table).isPresent();
  }

  void create(PostgresSession target) {
    if (isThere(target)) {
      return;
    }
    if (target.value("SELECT to_regnamespace(?)::text", schema).isEmpty()) {
      target.execute("CREATE SCHEMA IF NOT EXISTS " + schema);
    }
    target.execute(
        "CREATE TABLE IF NOT EXISTS "
            + table
            + " (pipeline text, table_schema text, table_name text,"
            + " stale boolean NOT NULL DEFAULT false, asked boolean NOT NULL DEFAULT false,"
            + " subscribed boolean NOT NULL DEFAULT false, why text NOT NULL DEFAULT '',"
            + " source_columns text NOT NULL DEFAULT '', changed_at timestamptz NOT NULL DEFAULT now(),"
            + " PRIMARY KEY (pipeline, table_schema, table_name))");
  }

  /** Every table of the pipeline. */
  Map<TableName, Kept> read(PostgresSession target) {
    Map<TableName, Kept> kept = new HashMap<>();
    target.query(
        "SELECT * FROM " + table + " WHERE pipeline = ?",
        row ->
            kept.put(
                new TableName(Optional.empty(), row.text("table_schema"), row.text("table_name")),
                new Kept(
                    row.flag("stale"),
                    row.flag("asked"),
                    row.flag("subscribed"),
                    columns(row.text("source_columns")))),
        pipeline);
    return kept;
  }

  private static Map<Integer, String> columns(String text) {
    Map<Integer, String> columns = new LinkedHashMap<>();
    text.lines()
        .forEach(
            line -> {
              int space = line.indexOf(' ');
              columns.put(Integer.valueOf(line.substring(0, space)), line.substring(space + 1));
            });
    return columns;
  }

  /** The table is Tidemark's, and has these of the source's columns. */
  void own(PostgresSession target, TableName name, List<LogicalColumn> columns) {
    String text =
        columns.stream()
            .map(column -> column.number() + " " + column.name())
            .collect(Collectors.joining("\n"));
    set(target, name, "source_columns = ?, changed_at = now()", text);
  }

  /** The table is to be emptied and copied. */
  void stale(PostgresSession target, TableName name, boolean asked, String why) {
    set(
        target,
        name,
        "stale = true, asked = t.asked OR ?, why = ?, changed_at = now()",
        asked,
        why);
  }

  /** Every table that is Tidemark's is to be emptied and copied. */
  void allStale(PostgresSession target, String why) {
    target.execute(
        "UPDATE " + table + " SET stale = true, why = ?, changed_at = now() WHERE pipeline = ?",
        why,
        pipeline);
  }

  void emptied(PostgresSession target, TableName name) {
    set(target, name, "stale = false, changed_at = now()");
  }

  void subscribed(PostgresSession target, TableName name) {
    set(
        target,
        name,
        "subscribed = true, asked = false, why = '',"
            + " changed_at = CASE WHEN t.subscribed AND t.why = '' THEN t.changed_at ELSE now() END");
  }

  void forget(PostgresSession target) {
    target.execute("DELETE FROM " + table + " WHERE pipeline = ?", pipeline);
  }

  private void set(PostgresSession target, TableName name, String change, Object... values) {
    target.execute(
        "INSERT INTO "
            + table
            + " AS t (pipeline, table_schema, table_name) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
        pipeline,
        name.schema(),
        name.table());
    Object[] parameters = new Object[values.length + 3];
    System.arraycopy(values, 0, parameters, 0, values.length);
    parameters[values.length] = pipeline;
    parameters[values.length + 1] = name.schema();
    parameters[values.length + 2] = name.table();
    target.execute(
        "UPDATE "
            + table
            + " AS t SET "
            + change
            + " WHERE pipeline = ? AND table_schema = ? AND table_name = ?",
        parameters);
  }
}
