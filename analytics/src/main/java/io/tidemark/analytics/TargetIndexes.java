package io.tidemark.analytics;

import io.tidemark.postgres.PostgresException;
import io.tidemark.postgres.PostgresSession;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * The indexes of the target's tables: the key by which rows are found, and what their mode needs.
 */
final class TargetIndexes {
  /** duplicate_table, which indexes are too; invalid_table_definition: a second primary key. */
  private static final Set<String> THERE = Set.of("42P07", "42P16");

  /** unique_violation. */
  private static final String DUPLICATE = "23505";

  private TargetIndexes() {}

  /**
   * Makes the key and other indexes; when rows are there this is quicker than before.
   *
   * @return whether one was missing
   */
  static boolean make(PostgresSession target, MappedTable table) {
    boolean made = false;
    for (Map.Entry<String, String> index : indexes(table).entrySet()) {
      if (!hasIndex(target, table, index.getKey())) {
        make(target, table, index);
        made = true;
      }
    }
    return made;
  }

  /** Whether its indexes are made: rows are found by their keys. */
  static boolean hasKeyIndex(PostgresSession target, MappedTable table) {
    return table.isKeyed()
        && indexes(table).keySet().stream().allMatch(name -> hasIndex(target, table, name));
  }

  private static boolean hasIndex(PostgresSession target, MappedTable table, String name) {
    return target
        .value(
            "SELECT 1 FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE"
                + " n.nspname = ? AND c.relname = ? AND c.relkind = 'i'",
            table.target().schema(),
            name)
        .isPresent();
  }

  /**
   * Another source of the same table may have been quicker. One that is at it just now shows as a
   * duplicate in the catalog, as duplicate keys of the table do, where the index is not there.
   */
  private static void make(
      PostgresSession target, MappedTable table, Map.Entry<String, String> index) {
    try {
      target.execute(index.getValue());
    } catch (PostgresException e) {
      boolean raced = DUPLICATE.equals(e.sqlState()) && hasIndex(target, table, index.getKey());
      if (!raced && !THERE.contains(e.sqlState())) {
        throw e;
      }
    }
  }

  private static Map<String, String> indexes(MappedTable table) {
    Map<String, String> indexes = new LinkedHashMap<>();
    String on = table.target().quoted();
    String key = Sql.names(table.primaryKey());
    if (table.isKeyed() && !table.isHistory()) {
      String name = primaryKey(table);
      indexes.put(
          name,
          "ALTER TABLE " + on + " ADD CONSTRAINT " + Sql.name(name) + " PRIMARY KEY (" + key + ")");
    } else if (table.isHistory() && table.isKeyed()) {
      String current = short63(table.target().table() + "_current");
      indexes.put(
          current,
          "CREATE UNIQUE INDEX IF NOT EXISTS "
              + Sql.name(current)
              + " ON "
              + on
              + " ("
              + key
              + ") WHERE "
              + Sql.name(MappedTable.VALID_TO)
              + " IS NULL");
      String versions = short63(table.target().table() + "_versions");
      indexes.put(
          versions,
          "CREATE INDEX IF NOT EXISTS "
              + Sql.name(versions)
              + " ON "
              + on
              + " ("
              + key
              + ", "
              + Sql.name(MappedTable.VALID_FROM)
              + ")");
    } else if (!table.labels().isEmpty()) {
      String name = short63(table.target().table() + "_source");
      indexes.put(
          name,
          "CREATE INDEX IF NOT EXISTS "
              + Sql.name(name)
              + " ON "
              + on
              + " ("
              + table.labels().keySet().stream().map(Sql::name).collect(Collectors.joining(", "))
              + ")");
    }
    return indexes;
  }

  /** The name of the primary key. */
  static String primaryKey(MappedTable table) {
    return short63(table.target().table() + "_pkey");
  }

  /** NAMEDATALEN; with a hash of what is cut off. */
  private static String short63(String name) {
    return name.length() <= 63
        ? name
        : name.substring(0, 50) + "_" + Integer.toHexString(name.hashCode());
  }
}
