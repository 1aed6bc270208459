package io.tidemark.analytics;

import io.tidemark.postgres.PostgresSession;
import io.tidemark.postgres.Row;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/** Reads what tables a source has, in a few queries whatever their number. */
final class SourceCatalog {
  private static final String TABLES =
      """
      SELECT c.oid::bigint AS oid, n.nspname, c.relname, c.relispartition,
             c.relkind = 'p' AS partitioned, c.relreplident::text AS identity
        FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
       WHERE c.relkind IN ('r', 'p') AND c.relpersistence = 'p'
         AND n.nspname NOT IN ('pg_catalog', 'information_schema')
       ORDER BY n.nspname, c.relname
      """;
  private static final String COLUMNS =
      """
      SELECT a.attrelid::bigint AS relation, a.attnum, a.attname, a.atttypid::bigint AS type,
             a.atttypmod, format_type(a.atttypid, a.atttypmod) AS printed, a.attnotnull,
             CASE WHEN a.attgenerated <> '' THEN pg_get_expr(d.adbin, d.adrelid) END AS expression
        FROM pg_attribute a
        LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
       WHERE a.attrelid = ANY (?::oid[]) AND a.attnum > 0 AND NOT a.attisdropped
       ORDER BY a.attrelid, a.attnum
      """;
  private static final String INDEXES =
      """
      SELECT i.indrelid::bigint AS relation, i.indisprimary, i.indisreplident, a.attname
        FROM pg_index i
        CROSS JOIN LATERAL unnest(i.indkey::smallint[]) WITH ORDINALITY AS k (attnum, place)
        JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum
       WHERE i.indrelid = ANY (?::oid[]) AND i.indisunique AND i.indisvalid AND i.indimmediate
         AND k.place <= i.indnkeyatts
       ORDER BY i.indrelid, i.indexrelid, k.place
      """;
  private static final String LEAVES =
      """
      SELECT t.root::bigint AS root, l.relid::oid::bigint AS oid, n.nspname, c.relname,
             c.relfilenode::bigint AS node,
             pg_relation_size(c.oid) / current_setting('block_size')::bigint AS blocks,
             pg_table_size(c.oid) AS bytes, c.reltuples::bigint AS rows
        FROM unnest(?::oid[]) AS t (root)
        CROSS JOIN LATERAL (
             SELECT relid FROM pg_partition_tree(t.root::regclass) WHERE isleaf
              UNION SELECT t.root::regclass) AS l
        JOIN pg_class c ON c.oid = l.relid AND c.relkind = 'r'
        JOIN pg_namespace n ON n.oid = c.relnamespace
       ORDER BY 1, 3, 4
      """;

  private record Found(
      int oid, TableName name, boolean isPartition, boolean isPartitioned, char identity) {
    static Found read(Row row) throws SQLException {
      return new Found(
          (int) row.number("oid"),
          new TableName(row.text("nspname"), row.text("relname")),
          row.flag("relispartition"),
          row.flag("partitioned"),
          row.text("identity").charAt(0));
    }
  }

  /** What unique indexes say of a table. */
  private static final class Keys {
    final List<String> primary = new ArrayList<>();
    final List<String> identity = new ArrayList<>();
    final Set<String> unique = new LinkedHashSet<>();

    List<String> of(Found table) {
      return table.identity == 'i' ? identity : table.identity == 'n' ? List.of() : primary;
    }
  }

  private static final class Sizes {
    final List<SourceTable.Leaf> leaves = new ArrayList<>();
    long bytes;
    long rows;
  }

  private SourceCatalog() {}

  /** The tables for which the filter holds, in the order of their names. */
  static List<SourceTable> read(
      PostgresSession source, SourceTypes types, Predicate<TableName> wanted) {
    List<Found> found =
        source.query(TABLES, Found::read).stream().filter(t -> wanted.test(t.name)).toList();
    String oids = oids(found);
    Map<Integer, List<SourceColumn>> columns = columns(source, types, oids);
    Map<Integer, Keys> keys = keys(source, oids);
    Map<Integer, Sizes> sizes = sizes(source, oids);
    return found.stream()
        .map(
            table -> {
              Keys its = keys.getOrDefault(table.oid, new Keys());
              Sizes size = sizes.getOrDefault(table.oid, new Sizes());
              return new SourceTable(
                  table.oid,
                  table.name,
                  table.isPartition,
                  table.isPartitioned,
                  table.identity,
                  columns.getOrDefault(table.oid, List.of()),
                  its.of(table),
                  its.unique,
                  size.leaves,
                  size.bytes,
                  size.rows);
            })
        .toList();
  }

  private static String oids(List<Found> found) {
    return found.stream()
        .map(table -> Integer.toUnsignedString(table.oid))
        .collect(Collectors.joining(",", "{", "}"));
  }

  private static Map<Integer, List<SourceColumn>> columns(
      PostgresSession source, SourceTypes types, String oids) {
    Map<Integer, List<SourceColumn>> columns = new LinkedHashMap<>();
    source.query(
        COLUMNS,
        row -> {
          ColumnType type =
              types.of(
                  (int) row.number("type"), (int) row.number("atttypmod"), row.text("printed"));
          SourceColumn column =
              new SourceColumn(
                  (int) row.number("attnum"),
                  row.text("attname"),
                  type,
                  row.flag("attnotnull"),
                  row.optionalText("expression"));
          columns.computeIfAbsent((int) row.number("relation"), _ -> new ArrayList<>()).add(column);
          return column;
        },
        oids);
    return columns;
  }

  private static Map<Integer, Keys> keys(PostgresSession source, String oids) {
    Map<Integer, Keys> keys = new HashMap<>();
    source.query(
        INDEXES,
        row -> {
          Keys its = keys.computeIfAbsent((int) row.number("relation"), _ -> new Keys());
          String column = row.text("attname");
          if (row.flag("indisprimary")) {
            its.primary.add(column);
          } else {
            its.unique.add(column);
          }
          if (row.flag("indisreplident")) {
            its.identity.add(column);
          }
          return column;
        },
        oids);
    return keys;
  }

  private static Map<Integer, Sizes> sizes(PostgresSession source, String oids) {
    Map<Integer, Sizes> sizes = new HashMap<>();
    source.query(
        LEAVES,
        row -> {
          Sizes its = sizes.computeIfAbsent((int) row.number("root"), _ -> new Sizes());
          its.leaves.add(
              new SourceTable.Leaf(
                  (int) row.number("oid"),
                  row.number("node"),
                  new TableName(row.text("nspname"), row.text("relname")),
                  row.number("blocks")));
          its.bytes += row.number("bytes");
          long rows = row.number("rows");
          its.rows = rows < 0 || its.rows < 0 ? -1 : its.rows + rows;
          return Optional.empty();
        },
        oids);
    return sizes;
  }
}
