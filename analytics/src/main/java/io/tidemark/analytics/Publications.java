package io.tidemark.analytics;

import io.tidemark.postgres.DriverSql;
import io.tidemark.postgres.PostgresSession;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * The two publications of a source: one for tables with a key, one for inserts alone. Their column
 * lists and row filters are what keeps everything else on the source, so they are set to exactly
 * what is wanted, never to more.
 */
final class Publications {
  private static final String APPEND = "_append";

  private final String name;
  private final boolean viaRoot;

  /**
   * @param viaRoot whether changes of partitions are changes of their root
   */
  Publications(String name, boolean viaRoot) {
    this.name = name;
    this.viaRoot = viaRoot;
  }

  List<String> names() {
    return List.of(name, name + APPEND);
  }

  /** Makes them, or changes them to hold exactly these tables. */
  void ensure(PostgresSession source, List<MappedTable> tables) {
    set(source, name, "insert, update, delete, truncate", of(tables, false));
    set(source, name + APPEND, "insert, truncate", of(tables, true));
  }

  private static List<MappedTable> of(List<MappedTable> tables, boolean append) {
    return tables.stream()
        .filter(table -> (table.kind() == MappedTable.Kind.APPEND) == append)
        .toList();
  }

  private void set(
      PostgresSession source, String publication, String publish, List<MappedTable> tables) {
    String quoted = Sql.name(publication);
    boolean there =
        source.value("SELECT 1 FROM pg_publication WHERE pubname = ?", publication).isPresent();
    if (!there) {
      source.execute(
          DriverSql.withoutParameters(
              "CREATE PUBLICATION "
                  + quoted
                  + (tables.isEmpty() ? "" : " FOR TABLE " + list(tables))
                  + " WITH (publish = '"
                  + publish
                  + "', publish_via_partition_root = "
                  + viaRoot
                  + ")"));
    } else if (!published(source, publication).equals(wanted(tables)) || hasFilter(tables)) {
      if (tables.isEmpty()) {
        String all =
            String.join(
                ", ",
                published(source, publication).keySet().stream().map(TableName::quoted).toList());
        source.execute("ALTER PUBLICATION " + quoted + " DROP TABLE " + all);
      } else {
        source.execute(
            DriverSql.withoutParameters(
                "ALTER PUBLICATION " + quoted + " SET TABLE " + list(tables)));
      }
    }
  }

  /** The server keeps a filter in its own words: whether it is the same cannot be told. */
  private static boolean hasFilter(List<MappedTable> tables) {
    return tables.stream().anyMatch(table -> table.where().isPresent());
  }

  private static String list(List<MappedTable> tables) {
    return tables.stream().map(Publications::entry).collect(Collectors.joining(", "));
  }

  private static String entry(MappedTable table) {
    return table.name().quoted()
        + (table.hasColumnList() ? " (" + Sql.names(table.published()) + ")" : "")
        + table.where().map(filter -> " WHERE (" + filter + ")").orElse("");
  }

  /** What is published of a table. */
  private record Published(Set<String> columns, boolean isFiltered) {}

  private static Map<TableName, Published> wanted(List<MappedTable> tables) {
    Map<TableName, Published> wanted = new TreeMap<>();
    tables.forEach(
        table ->
            wanted.put(
                table.name(),
                new Published(
                    table.hasColumnList() ? new HashSet<>(table.published()) : Set.of(),
                    table.where().isPresent())));
    return wanted;
  }

  /** What the server has. */
  private static Map<TableName, Published> published(PostgresSession source, String publication) {
    Map<TableName, Published> found = new TreeMap<>();
    source.query(
        """
        SELECT n.nspname, c.relname, r.prqual IS NOT NULL AS filtered,
               ARRAY(SELECT a.attname FROM unnest(r.prattrs::smallint[]) AS k (attnum)
                       JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.attnum)
                 ::text[] AS columns
          FROM pg_publication_rel r JOIN pg_publication p ON p.oid = r.prpubid
          JOIN pg_class c ON c.oid = r.prrelid JOIN pg_namespace n ON n.oid = c.relnamespace
         WHERE p.pubname = ?
        """,
        row ->
            found.put(
                new TableName(row.text("nspname"), row.text("relname")),
                new Published(Set.copyOf(row.texts("columns")), row.flag("filtered"))),
        publication);
    return found;
  }

  /** Of each table the columns that are really published: the server's own word. */
  Map<TableName, Set<String>> publishedColumns(PostgresSession source) {
    Map<TableName, Set<String>> found = new LinkedHashMap<>();
    for (String each : names()) {
      source.query(
          "SELECT schemaname, tablename, attnames::text[] AS columns FROM pg_publication_tables"
              + " WHERE pubname = ?",
          row ->
              found.put(
                  new TableName(row.text("schemaname"), row.text("tablename")),
                  Set.copyOf(row.texts("columns"))),
          each);
    }
    return found;
  }

  /** Drops both. */
  void drop(PostgresSession source) {
    names().forEach(each -> source.execute("DROP PUBLICATION IF EXISTS " + Sql.name(each)));
  }
}
