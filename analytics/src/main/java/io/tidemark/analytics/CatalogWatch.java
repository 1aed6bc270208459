package io.tidemark.analytics;

import io.tidemark.postgres.Lsn;
import io.tidemark.postgres.PostgresSession;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Looks at a source's catalog for what no stream says: tables that come and go, publications that
 * somebody has changed, partitions that are truncated, attached or detached by themselves.
 */
final class CatalogWatch {
  private static final String TABLES =
      """
      SELECT c.oid::bigint AS oid, n.nspname, c.relname, c.relispartition, c.relkind = 'p' AS root
        FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
       WHERE c.relkind IN ('r', 'p') AND c.relpersistence = 'p'
         AND n.nspname NOT IN ('pg_catalog', 'information_schema')
      """;
  private static final String SHAPES =
      """
      SELECT c.oid::bigint AS oid, n.nspname, c.relname,
             md5(concat_ws(' ', c.oid, c.relkind, c.relispartition, c.relreplident,
               (SELECT string_agg(concat_ws(' ', a.attnum, a.attname, a.atttypid, a.atttypmod,
                         a.attnotnull, a.attgenerated), ',' ORDER BY a.attnum)
                  FROM pg_attribute a
                 WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped),
               (SELECT string_agg(concat_ws(' ', i.indexrelid, i.indisprimary, i.indisreplident,
                         i.indisvalid, i.indkey), ',' ORDER BY i.indexrelid)
                  FROM pg_index i WHERE i.indrelid = c.oid AND i.indisunique))) AS shape,
             (SELECT string_agg(concat_ws(' ', p.pubname, r.prattrs, md5(r.prqual::text)), ','
                       ORDER BY p.pubname)
                FROM pg_publication_rel r JOIN pg_publication p ON p.oid = r.prpubid
               WHERE r.prrelid = c.oid AND p.pubname = ANY (?::text[])) AS published
        FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
       WHERE c.oid = ANY (?::oid[])
      """;
  private static final String PARTS =
      """
      SELECT n.nspname, c.relname, c.oid || ' ' || coalesce(string_agg(
               l.oid || '/' || l.relfilenode, ' ' ORDER BY l.oid), '') AS storage,
             coalesce(string_agg(l.oid || '/' || l.xmin, ' '), '') AS writers
        FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        LEFT JOIN LATERAL pg_partition_tree(c.oid::regclass) t ON t.isleaf
        LEFT JOIN pg_class l ON l.oid = t.relid AND l.relkind = 'r'
       WHERE c.oid = ANY (?::oid[]) AND c.relkind = 'p'
       GROUP BY n.nspname, c.relname, c.oid
      """;

  /** Rows that a partition had when it was attached. Its oid stands here twice. */
  private static final String BROUGHT =
      """
      SELECT 1 FROM %s l WHERE age(l.xmin) >= (
        SELECT min(age(i.xmin)) FROM pg_partition_ancestors(%s::regclass) a
          JOIN pg_inherits i ON i.inhrelid = a.relid) LIMIT 1
      """;

  /**
   * The tables that are wanted, at one moment.
   *
   * @param shapes by which a difference is seen
   * @param published how each is published; those that are not are missing
   * @param parts of partitioned tables
   */
  record View(
      Map<TableName, String> shapes,
      Map<TableName, String> published,
      Map<TableName, Parts> parts) {
    /** Whether a feed that was begun on the other can go on. */
    boolean isLike(View other) {
      return hasShapesOf(other) && published.equals(other.published);
    }

    boolean hasShapesOf(View other) {
      return shapes.equals(other.shapes);
    }
  }

  /**
   * The partitions of a table.
   *
   * @param storage as {@link SourceTable#storage} has it
   * @param writers by a partition's oid the transaction that has changed its entry in the catalog
   *     last
   */
  record Parts(String storage, Map<String, String> writers) {
    /**
     * What is different, and what of it the stream has not brought.
     *
     * @param known the storage that the target's rows are of
     * @param truncations transactions in whose stream a whole table was truncated
     */
    Difference since(String known, Set<Truncation> truncations, TableName table) {
      Map<String, String> before = leaves(known.substring(known.indexOf(' ') + 1));
      Map<String, String> now = leaves(storage.substring(storage.indexOf(' ') + 1));
      Set<String> added = new HashSet<>(now.keySet());
      added.removeAll(before.keySet());
      Set<String> writing =
          before.keySet().stream()
              .map(leaf -> writers.getOrDefault(leaf, "0"))
              .collect(Collectors.toSet());
      boolean same = now.entrySet().containsAll(before.entrySet());
      boolean truncated =
          before.entrySet().stream().noneMatch(now.entrySet()::contains)
              && writing.size() == 1
              && truncations.contains(
                  new Truncation(table, Integer.parseUnsignedInt(writing.iterator().next())));
      return new Difference(!same && !truncated, added);
    }
  }

  /** Of each {@code key/value}. */
  private static Map<String, String> leaves(String words) {
    return Stream.of(words.split(" "))
        .filter(word -> !word.isEmpty())
        .collect(
            Collectors.toMap(
                word -> word.substring(0, word.indexOf('/')),
                word -> word.substring(word.indexOf('/') + 1)));
  }

  /** A truncation of a whole table that a stream has brought. */
  record Truncation(TableName table, int xid) {}

  /**
   * Of partitions.
   *
   * @param isUnsaid whether rows have come or gone of which no stream tells
   * @param added the oids of those that are new; their rows may have come with them
   */
  record Difference(boolean isUnsaid, Set<String> added) {}

  static final View NOTHING = new View(Map.of(), Map.of(), Map.of());

  /** Differences that are to be looked at when the stream has come so far. */
  record Pending(View view, Lsn from) {}

  private final boolean viaRoot;
  private final Predicate<TableName> wanted;
  private final List<String> publications;

  /**
   * @param viaRoot whether a partitioned table is one table
   * @param wanted whether a pattern of the pipeline matches
   */
  CatalogWatch(boolean viaRoot, Predicate<TableName> wanted, List<String> publications) {
    this.viaRoot = viaRoot;
    this.wanted = wanted;
    this.publications = publications;
  }

  /** What is there now. */
  View look(PostgresSession source) {
    String oids =
        source
            .query(
                TABLES,
                row -> {
                  boolean counts = viaRoot ? !row.flag("relispartition") : !row.flag("root");
                  TableName name = new TableName(row.text("nspname"), row.text("relname"));
                  return counts && wanted.test(name) ? row.text("oid") : "";
                })
            .stream()
            .filter(oid -> !oid.isEmpty())
            .collect(Collectors.joining(",", "{", "}"));
    Map<TableName, String> shapes = new TreeMap<>();
    Map<TableName, String> published = new TreeMap<>();
    source.query(
        SHAPES,
        row -> {
          TableName name = new TableName(row.text("nspname"), row.text("relname"));
          row.optionalText("published").ifPresent(list -> published.put(name, list));
          return shapes.put(name, row.text("shape"));
        },
        "{" + String.join(",", publications) + "}",
        oids);
    return new View(shapes, published, viaRoot ? parts(source, oids) : Map.of());
  }

  private static Map<TableName, Parts> parts(PostgresSession source, String oids) {
    Map<TableName, Parts> parts = new TreeMap<>();
    source.query(
        PARTS,
        row ->
            parts.put(
                new TableName(row.text("nspname"), row.text("relname")),
                new Parts(row.text("storage"), leaves(row.text("writers")))),
        oids);
    return parts;
  }

  /** Whether a partition had rows when it was attached. */
  static boolean hasBrought(PostgresSession source, String leaf) {
    return source
        .value("SELECT oid::regclass::text FROM pg_class WHERE oid = ?::oid", leaf)
        .map(name -> source.value(BROUGHT.formatted(name, Sql.literal(name))).isPresent())
        .orElse(true);
  }
}
