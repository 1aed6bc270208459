package io.tidemark.replicamanager;

import io.tidemark.config.ErrorCode;
import io.tidemark.config.TidemarkException;
import io.tidemark.postgres.PostgresSession;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * What a table looks like in the catalogue.
 *
 * @param partitioned whether its rows lie in other tables
 * @param primaryKey as PostgreSQL writes the constraint
 */
record TableShape(
    TableName name, boolean partitioned, List<Column> columns, Optional<String> primaryKey) {

  /** One column, its type with length and the like. */
  record Column(String name, String type, boolean required) {
    String definition() {
      return TableName.quoted(name) + " " + type + (required ? " NOT NULL" : "");
    }
  }

  /** Reads it; TARGET_UNREACHABLE where there is no such table. */
  static TableShape read(PostgresSession session, TableName name) {
    String kind =
        session
            .value(
                "SELECT c.relkind::text FROM pg_class c JOIN pg_namespace n"
                    + " ON n.oid = c.relnamespace WHERE n.nspname = ? AND c.relname = ?"
                    + " AND c.relkind IN ('r', 'p', 'm')",
                name.schema(),
                name.table())
            .orElseThrow(() -> missing(name));
    List<Column> columns =
        session.query(
            "SELECT attname AS name, format_type(atttypid, atttypmod) AS type,"
                + " attnotnull AS required FROM pg_attribute WHERE attrelid = ?::regclass"
                + " AND attnum > 0 AND NOT attisdropped ORDER BY attnum",
            row -> new Column(row.text("name"), row.text("type"), row.flag("required")),
            name.quoted());
    Optional<String> key =
        session.value(
            "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = ?::regclass"
                + " AND contype = 'p'",
            name.quoted());
    return new TableShape(name, kind.equals("p"), columns, key);
  }

  private static TidemarkException missing(TableName name) {
    return new TidemarkException(
        ErrorCode.TARGET_UNREACHABLE,
        "there is no table " + name + " at the moment where the replica stands",
        "Name it as database.schema.table. If it was dropped before that moment, only an earlier"
            + " one has it: `tidemark restore`.");
  }

  /** SQL that makes an empty table like it, without defaults, indexes and foreign keys. */
  String create(TableName as) {
    String key = primaryKey.map(definition -> ",\n  " + definition).orElse("");
    return columns.stream()
        .map(Column::definition)
        .collect(
            Collectors.joining(",\n  ", "CREATE TABLE " + as.quoted() + " (\n  ", key + "\n)"));
  }

  /** Also of a partitioned table every row. */
  String copyOut() {
    return "COPY (SELECT " + list() + " FROM " + name.quoted() + ") TO STDOUT";
  }

  String copyIn(TableName as) {
    return "COPY " + as.quoted() + " (" + list() + ") FROM STDIN";
  }

  private String list() {
    return columns.stream()
        .map(column -> TableName.quoted(column.name()))
        .collect(Collectors.joining(", "));
  }
}
