package io.tidemark.replicamanager;

import io.tidemark.postgres.PostgresSession;
import io.tidemark.postgres.Row;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/**
 * Reads tables and types of a database. Its session has an empty search_path, so that all names
 * come with their schemas.
 */
final class LogicalCatalog {
  private static final String TABLES =
      "SELECT c.oid, n.nspname, c.relname, c.relreplident::text AS identity,"
          + " c.reltuples::bigint AS tuples FROM pg_class c"
          + " JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relpersistence = 'p'"
          + " AND n.nspname NOT IN ('pg_catalog', 'information_schema')"
          + " AND n.nspname NOT LIKE 'pg\\_%%' AND %s ORDER BY 2, 3";

  /** Up to 16383: made by initdb, and the same everywhere (FirstNormalObjectId in transam.h). */
  private static final String COLUMNS =
      "SELECT a.attrelid, a.attnum, a.attname, format_type(a.atttypid, a.atttypmod) AS type,"
          + " a.atttypid < 16384 AS builtin, a.attnotnull,"
          + " a.atthasdef OR a.attidentity <> '' AS hasdefault,"
          + " CASE WHEN a.attgenerated <> '' THEN pg_get_expr(d.adbin, d.adrelid) END AS generated,"
          + " a.attgenerated = 'v' AS virtual,"
          + " (a.attmissingval::text::text[])[1] AS missing"
          + " FROM pg_attribute a LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid"
          + " AND d.adnum = a.attnum WHERE a.attrelid = ANY (string_to_array(?, ',')::oid[])"
          + " AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attrelid, a.attnum";

  private static final String KEYS =
      "SELECT i.indrelid, i.indisreplident AS chosen, a.attname FROM pg_index i"
          + " CROSS JOIN LATERAL unnest(i.indkey::int2[]) WITH ORDINALITY AS k (attnum, position)"
          + " JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum"
          + " WHERE i.indrelid = ANY (string_to_array(?, ',')::oid[]) AND i.indisvalid"
          + " AND (i.indisprimary OR i.indisreplident) AND k.position <= i.indnkeyatts"
          + " ORDER BY i.indrelid, i.indisreplident DESC, k.position";

  private static final String TYPES =
      "WITH RECURSIVE used (oid) AS (SELECT DISTINCT atttypid FROM pg_attribute"
          + " WHERE attrelid = ANY (string_to_array(?, ',')::oid[]) AND attnum > 0"
          + " AND NOT attisdropped UNION SELECT x.oid FROM used u CROSS JOIN LATERAL ("
          + "SELECT t.typelem FROM pg_type t WHERE t.oid = u.oid AND t.typelem <> 0"
          + " UNION ALL SELECT t.typbasetype FROM pg_type t WHERE t.oid = u.oid AND t.typtype = 'd'"
          + " UNION ALL SELECT a.atttypid FROM pg_type t JOIN pg_attribute a"
          + " ON a.attrelid = t.typrelid WHERE t.oid = u.oid AND t.typtype = 'c' AND a.attnum > 0"
          + " AND NOT a.attisdropped"
          + " UNION ALL SELECT r.rngsubtype FROM pg_range r WHERE r.rngtypid = u.oid"
          + " UNION ALL SELECT r.rngtypid FROM pg_range r WHERE r.rngmultitypid = u.oid"
          + ") AS x (oid)) SELECT format_type(t.oid, NULL) AS name,"
          + " quote_ident(n.nspname) AS schema, t.typtype::text AS kind,"
          + " format_type(t.typbasetype, t.typtypmod) AS base,"
          + " (SELECT format_type(r.rngsubtype, NULL) FROM pg_range r WHERE r.rngtypid = t.oid)"
          + " AS subtype, (SELECT string_agg(quote_ident(a.attname) || ' '"
          + " || format_type(a.atttypid, a.atttypmod), ', ' ORDER BY a.attnum) FROM pg_attribute a"
          + " WHERE a.attrelid = t.typrelid AND a.attnum > 0 AND NOT a.attisdropped) AS attributes,"
          + " (SELECT string_agg(e.enumlabel, E'\\n' ORDER BY e.enumsortorder) FROM pg_enum e"
          + " WHERE e.enumtypid = t.oid) AS labels,"
          + " (SELECT quote_ident(x.extname) FROM pg_depend p JOIN pg_extension x"
          + " ON x.oid = p.refobjid WHERE p.classid = 'pg_type'::regclass AND p.objid = t.oid"
          + " AND p.refclassid = 'pg_extension'::regclass AND p.deptype = 'e') AS extension"
          + " FROM used JOIN pg_type t USING (oid) JOIN pg_namespace n ON n.oid = t.typnamespace"
          + " WHERE t.oid >= 16384 AND t.typcategory <> 'A' AND t.typtype <> 'm' ORDER BY t.oid";

  /** Which relations are tables. */
  enum Kind {
    /** Partitioned tables, not their partitions. */
    ROOT,
    /** Partitions, not what they are partitions of. */
    LEAF,
    /** Each of them. */
    ANY;

    private String condition() {
      return switch (this) {
        case ROOT -> "c.relkind IN ('r', 'p') AND NOT c.relispartition";
        case LEAF -> "c.relkind = 'r'";
        case ANY -> "c.relkind IN ('r', 'p')";
      };
    }
  }

  private final PostgresSession session;

  LogicalCatalog(PostgresSession session) {
    this.session = session;
  }

  private record Head(long oid, TableName name, String identity, long rows) {}

  private record KeyColumn(boolean chosen, String name) {}

  /** Those whose names are wanted, in their order. */
  List<LogicalTable> tables(Kind kind, Predicate<TableName> wanted) {
    List<Head> heads =
        session.query(TABLES.formatted(kind.condition()), LogicalCatalog::head).stream()
            .filter(head -> wanted.test(head.name()))
            .toList();
    if (heads.isEmpty()) {
      return List.of();
    }
    String oids = heads.stream().map(head -> "" + head.oid()).collect(Collectors.joining(","));
    Map<Long, List<LogicalColumn>> columns = new HashMap<>();
    session.query(
        COLUMNS, row -> add(columns, row.number("attrelid"), LogicalCatalog.column(row)), oids);
    Map<Long, List<KeyColumn>> keys = new HashMap<>();
    session.query(
        KEYS,
        row ->
            add(
                keys,
                row.number("indrelid"),
                new KeyColumn(row.flag("chosen"), row.text("attname"))),
        oids);
    return heads.stream()
        .map(
            head ->
                table(
                    head,
                    columns.getOrDefault(head.oid(), List.of()),
                    keys.getOrDefault(head.oid(), List.of())))
        .toList();
  }

  private static <T> boolean add(Map<Long, List<T>> lists, long oid, T value) {
    return lists.computeIfAbsent(oid, _ -> new ArrayList<>()).add(value);
  }

  private static Head head(Row row) throws SQLException {
    return new Head(
        row.number("oid"),
        new TableName(Optional.empty(), row.text("nspname"), row.text("relname")),
        row.text("identity"),
        row.number("tuples"));
  }

  private static LogicalColumn column(Row row) throws SQLException {
    return new LogicalColumn(
        (int) row.number("attnum"),
        row.text("attname"),
        row.text("type"),
        row.flag("builtin"),
        row.flag("attnotnull"),
        row.flag("hasdefault"),
        row.optionalText("generated"),
        row.flag("virtual"),
        row.optionalText("missing"));
  }

  private static LogicalTable table(Head head, List<LogicalColumn> columns, List<KeyColumn> keys) {
    boolean byIndex = head.identity().equals("i");
    List<String> key =
        keys.stream().filter(k -> k.chosen() == byIndex).map(KeyColumn::name).toList();
    // A primary key may be the chosen index itself: then it has no row that is not chosen.
    List<String> found =
        key.isEmpty() && !byIndex ? keys.stream().map(KeyColumn::name).toList() : key;
    LogicalTable.Identity identity =
        switch (head.identity()) {
          case "f" -> LogicalTable.Identity.FULL;
          case "n" -> LogicalTable.Identity.NONE;
          default -> found.isEmpty() ? LogicalTable.Identity.NONE : LogicalTable.Identity.KEY;
        };
    return new LogicalTable(head.oid(), head.name(), identity, found, columns, head.rows());
  }

  /** The types that tables need and PostgreSQL has not by itself, a type after what it uses. */
  List<LogicalType> types(List<LogicalTable> tables) {
    String oids = tables.stream().map(table -> "" + table.oid()).collect(Collectors.joining(","));
    return tables.isEmpty() ? List.of() : session.query(TYPES, LogicalCatalog::type, oids);
  }

  private static LogicalType type(Row row) throws SQLException {
    String name = row.text("name");
    List<String> labels = row.optionalText("labels").stream().flatMap(String::lines).toList();
    Optional<String> extension = row.optionalText("extension");
    String create =
        extension.isPresent()
            ? "CREATE EXTENSION IF NOT EXISTS %s SCHEMA %s"
                .formatted(extension.get(), row.text("schema"))
            : "CREATE TYPE " + name + definition(row, labels);
    if (extension.isEmpty() && row.text("kind").equals("d")) {
      create = "CREATE DOMAIN " + name + " AS " + row.text("base");
    }
    return new LogicalType(
        name, "CREATE SCHEMA IF NOT EXISTS " + row.text("schema") + ";" + create, labels);
  }

  private static String definition(Row row, List<String> labels) throws SQLException {
    return switch (row.text("kind")) {
      case "e" ->
          labels.stream()
              .map(LogicalDdl::literal)
              .collect(Collectors.joining(", ", " AS ENUM (", ")"));
      case "r" -> " AS RANGE (SUBTYPE = " + row.optionalText("subtype").orElse("") + ")";
      default -> " AS (" + row.optionalText("attributes").orElse("") + ")";
    };
  }

  /** Labels of those of the types that are there. */
  Map<String, List<String>> labels(List<LogicalType> types) {
    Map<String, List<String>> found = new HashMap<>();
    for (LogicalType type : types) {
      session
          .value("SELECT to_regtype(?)::oid::text", type.name())
          .ifPresent(
              oid ->
                  found.put(
                      type.name(),
                      session.query(
                          "SELECT enumlabel FROM pg_enum WHERE enumtypid = ?::oid"
                              + " ORDER BY enumsortorder",
                          row -> row.text("enumlabel"),
                          oid)));
    }
    return found;
  }
}
