package io.tidemark.analytics;

import io.tidemark.config.ChangeSettings.DroppedColumn;
import io.tidemark.postgres.PostgresException;
import io.tidemark.postgres.PostgresSession;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.StringJoiner;

/**
 * Makes and completes the tables of the target. A table that Tidemark has not made is left alone:
 * its comment says whose it is.
 */
final class TargetTables {
  private static final String KEY =
      """
      SELECT a.attname FROM pg_index i
       CROSS JOIN LATERAL unnest(i.indkey::smallint[]) WITH ORDINALITY AS k (attnum, place)
        JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum
       WHERE i.indrelid = to_regclass(?) AND i.indisprimary ORDER BY k.place
      """;
  private static final String VIEWS =
      """
      SELECT DISTINCT quote_ident(n.nspname) || '.' || quote_ident(v.relname) AS name
        FROM pg_depend d JOIN pg_rewrite r ON r.oid = d.objid JOIN pg_class v ON v.oid = r.ev_class
        JOIN pg_namespace n ON n.oid = v.relnamespace
       WHERE d.classid = 'pg_rewrite'::regclass AND d.refclassid = 'pg_class'::regclass
         AND d.refobjid = to_regclass(?) AND v.oid <> d.refobjid ORDER BY 1
      """;
  private static final String MARK = "Made by Tidemark, pipeline ";

  /** They lead every key, and are compared by their bytes. */
  private static final String LABEL = " text COLLATE \"C\" NOT NULL";

  /** unique_violation. */
  private static final String DUPLICATE = "23505";

  /**
   * Of a CREATE TABLE whose name another transaction takes: duplicate_table, duplicate_object of
   * its row type, or a duplicate in the catalog, by how far that one is.
   */
  private static final Set<String> TAKEN = Set.of("42P07", "42710", DUPLICATE);

  private final String pipeline;

  TargetTables(String pipeline) {
    this.pipeline = pipeline;
  }

  /** Makes the schema where it is missing. */
  static void makeSchema(PostgresSession target, String schema) {
    if (hasSchema(target, schema)) {
      return;
    }
    try {
      target.execute("CREATE SCHEMA IF NOT EXISTS " + Sql.name(schema));
    } catch (PostgresException e) {
      // Another source was quicker: IF NOT EXISTS does not wait for it.
      if (!DUPLICATE.equals(e.sqlState()) || !hasSchema(target, schema)) {
        throw e;
      }
    }
  }

  private static boolean hasSchema(PostgresSession target, String schema) {
    return target.value("SELECT 1 FROM pg_namespace WHERE nspname = ?", schema).isPresent();
  }

  /**
   * Makes the table, or adds columns that it lacks.
   *
   * @param isRemade whether its types and key may be others: it is emptied and {@link #adapt
   *     adapted} before rows come
   * @return why it cannot be used; empty where it can
   */
  Optional<TableProblem> prepare(PostgresSession target, MappedTable table, boolean isRemade) {
    Optional<String> comment = comment(target, table);
    if (comment.isEmpty()) {
      if (create(target, table)) {
        return Optional.empty();
      }
      comment = comment(target, table);
    }
    if (!comment.orElse("").startsWith(MARK + pipeline)) {
      return Optional.of(
          new TableProblem(
              table.name(),
              "its target " + table.target() + " is there and is not of this pipeline",
              "give it another target:, or rename what is there"));
    }
    return complete(target, table, isRemade);
  }

  /** Empty where there is no table. */
  private static Optional<String> comment(PostgresSession target, MappedTable table) {
    return target.value(
        "SELECT coalesce(obj_description(to_regclass(?), 'pg_class'), '') WHERE"
            + " to_regclass(?) IS NOT NULL",
        table.target().quoted(),
        table.target().quoted());
  }

  /** False where another source of the same table was quicker. */
  private boolean create(PostgresSession target, MappedTable table) {
    try {
      make(target, table);
      return true;
    } catch (PostgresException e) {
      if (!TAKEN.contains(e.sqlState()) || comment(target, table).isEmpty()) {
        throw e;
      }
      return false;
    }
  }

  private void make(PostgresSession target, MappedTable table) {
    StringJoiner columns = new StringJoiner(",\n  ");
    table.labels().keySet().forEach(label -> columns.add(Sql.name(label) + LABEL));
    table.columns().forEach(column -> columns.add(definition(table, column)));
    extra(table).forEach((name, type) -> columns.add(Sql.name(name) + " " + type));
    target.transaction(
        () -> {
          target.execute(
              "CREATE TABLE " + table.target().quoted() + " (\n  " + columns + ")" + room(table));
          target.execute(
              "COMMENT ON TABLE "
                  + table.target().quoted()
                  + " IS "
                  + Sql.literal(MARK + pipeline));
          return true;
        });
  }

  /** Rows that change find room beside them, so that no index has to be told (HOT). */
  private static String room(MappedTable table) {
    return table.isKeyed() && !table.isHistory() ? " WITH (fillfactor = 90)" : "";
  }

  private static String definition(MappedTable table, MappedColumn column) {
    String definition = Sql.name(column.name()) + " " + column.type();
    if (column.isGenerated()) {
      return definition
          + " GENERATED ALWAYS AS ("
          + column.source().expression().orElseThrow()
          + ") STORED";
    }
    return table.key().contains(column.name()) ? definition + " NOT NULL" : definition;
  }

  private static Map<String, String> extra(MappedTable table) {
    Map<String, String> extra = new LinkedHashMap<>();
    if (table.isHistory() && table.isKeyed()) {
      extra.put(MappedTable.VALID_FROM, "timestamptz NOT NULL");
      extra.put(MappedTable.VALID_TO, "timestamptz");
    } else if (table.isSoftDelete()) {
      extra.put(MappedTable.DELETED_AT, "timestamptz");
    }
    return extra;
  }

  private Optional<TableProblem> complete(
      PostgresSession target, MappedTable table, boolean isRemade) {
    Map<String, TargetTypes.There> there = TargetTypes.columns(target, table.target());
    for (String needed : needed(table, isRemade)) {
      if (!there.containsKey(needed)) {
        return Optional.of(
            new TableProblem(
                table.name(),
                "its target " + table.target() + " lacks the column " + needed,
                "it was made for another mode or other labels: drop it, and resync every source"));
      }
    }
    List<MappedColumn> missing = new ArrayList<>();
    for (MappedColumn column : table.columns()) {
      TargetTypes.There type = there.get(column.name());
      if (type == null) {
        missing.add(column);
      } else {
        Optional<TableProblem> problem = TargetTypes.fit(target, table, column, type, isRemade);
        if (problem.isPresent()) {
          return problem;
        }
      }
    }
    if (missing.isEmpty()) {
      return Optional.empty();
    }
    missing.forEach(column -> target.execute(addColumn(table, column)));
    // Another source of the same table may have been quicker, and with another type.
    return complete(target, table, isRemade);
  }

  private static List<String> needed(MappedTable table, boolean isRemade) {
    List<String> needed = new ArrayList<>(table.labels().keySet());
    needed.addAll(extra(table).keySet());
    if (!isRemade) {
      needed.addAll(table.key());
    }
    return needed;
  }

  /** Whether a table has the types and the key that it is to have. */
  static boolean fits(PostgresSession target, MappedTable table) {
    return TargetTypes.others(target, table).isEmpty() && otherKey(target, table).isEmpty();
  }

  /**
   * Gives a table without rows the types and the key that it is to have.
   *
   * @throws TableFailure where something else needs what it had, such as a view
   */
  static void adapt(PostgresSession target, MappedTable table) {
    String alter = "ALTER TABLE " + table.target().quoted();
    try {
      for (MappedColumn column : TargetTypes.others(target, table)) {
        target.execute(
            "%s ALTER COLUMN %s TYPE %s USING NULL"
                .formatted(alter, Sql.name(column.name()), column.type()));
      }
      List<String> key = otherKey(target, table);
      if (!key.isEmpty()) {
        target.execute(alter + " DROP CONSTRAINT " + Sql.name(TargetIndexes.primaryKey(table)));
      }
      for (String column : key) {
        if (!table.labels().containsKey(column)) {
          target.execute(alter + " ALTER COLUMN " + Sql.name(column) + " DROP NOT NULL");
        }
      }
    } catch (PostgresException e) {
      throw TableFailure.of(table, e);
    }
  }

  /** The primary key that it has instead of the one that it is to have; empty where it may stay. */
  private static List<String> otherKey(PostgresSession target, MappedTable table) {
    List<String> key = target.query(KEY, row -> row.text("attname"), table.target().quoted());
    List<String> wanted = table.isKeyed() && !table.isHistory() ? table.primaryKey() : List.of();
    return key.equals(wanted) ? List.of() : key;
  }

  /** What becomes of a column that the source has no more, by the table's policy. */
  static String droppedSql(MappedTable table, String column, boolean isShared) {
    String where = table.target().quoted();
    return table.onChange().droppedColumn() == DroppedColumn.APPLY && !isShared
        ? "ALTER TABLE " + where + " DROP COLUMN IF EXISTS " + Sql.name(column)
        : "COMMENT ON COLUMN %s.%s IS %s"
            .formatted(where, Sql.name(column), Sql.literal("The source has it no more."));
  }

  /** The views that read a table. */
  static List<String> views(PostgresSession target, TableName table) {
    return target.query(VIEWS, row -> row.text("name"), table.quoted());
  }

  private static String addColumn(MappedTable table, MappedColumn column) {
    String definition = Sql.name(column.name()) + " " + column.type();
    return "ALTER TABLE " + table.target().quoted() + " ADD COLUMN IF NOT EXISTS " + definition;
  }

  /** The SQL that removes a column, for people to run. */
  static String removal(MappedTable table, String column) {
    return "ALTER TABLE " + table.target().quoted() + " DROP COLUMN " + Sql.name(column);
  }

  /** The columns that the table has there though nobody writes them for this source. */
  static Set<String> unwritten(PostgresSession target, MappedTable table) {
    Set<String> there = new HashSet<>(columnNames(target, table.target()));
    there.removeAll(table.labels().keySet());
    there.removeAll(extra(table).keySet());
    table.columns().forEach(column -> there.remove(column.name()));
    return there;
  }

  /** The names of all columns. */
  static List<String> columnNames(PostgresSession target, TableName table) {
    return List.copyOf(TargetTypes.columns(target, table).keySet());
  }

  /** Removes the rows of one source. */
  static long clear(PostgresSession target, MappedTable table) {
    return target.update(
        "DELETE FROM " + table.target().quoted() + " t WHERE " + table.ownRows("t"));
  }

  /** Whether it has any row of the source. */
  static boolean hasRows(PostgresSession target, MappedTable table) {
    return target
        .value(
            "SELECT 1 FROM "
                + table.target().quoted()
                + " t WHERE "
                + table.ownRows("t")
                + " LIMIT 1")
        .isPresent();
  }
}
