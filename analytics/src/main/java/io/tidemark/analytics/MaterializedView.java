package io.tidemark.analytics;

import io.tidemark.config.ErrorCode;
import io.tidemark.config.TidemarkException;
import io.tidemark.postgres.PostgresSession;
import io.tidemark.postgres.Row;
import java.sql.SQLException;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * A materialized view as the catalog has it. What it reads is followed through views and other
 * materialized views, but not into functions whose body is a string: PostgreSQL does not know what
 * those read.
 *
 * @param name {@code schema.name}, as it is configured
 * @param reads the schemas of all relations below it
 * @param readsViews the materialized views below it, as {@code schema.name}
 */
record MaterializedView(
    String name,
    boolean populated,
    boolean uniqueIndex,
    Set<String> reads,
    Set<String> readsViews) {

  // REFRESH CONCURRENTLY wants what is_usable_unique_index in PostgreSQL's matview.c does.
  private static final String QUERY =
      """
      WITH RECURSIVE view AS (
          SELECT c.oid, c.relispopulated,
                 EXISTS (SELECT FROM pg_index i WHERE i.indrelid = c.oid AND i.indisunique
                     AND i.indisvalid AND i.indimmediate AND i.indpred IS NULL
                     AND 0 < ALL (i.indkey::int2[])) AS usable
          FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
          WHERE c.relkind = 'm' AND n.nspname = ? AND c.relname = ?),
      reading(oid) AS (
          SELECT oid FROM view
          UNION
          SELECT d.refobjid FROM reading
          JOIN pg_rewrite r ON r.ev_class = reading.oid
          JOIN pg_class here ON here.oid = reading.oid AND here.relkind IN ('v', 'm')
          JOIN pg_depend d ON d.classid = 'pg_rewrite'::regclass AND d.objid = r.oid
              AND d.refclassid = 'pg_class'::regclass AND d.refobjid <> reading.oid)
      SELECT view.relispopulated, view.usable, n.nspname, c.relname, c.relkind = 'm' AS materialized
      FROM view LEFT JOIN reading ON reading.oid <> view.oid
      LEFT JOIN pg_class c ON c.oid = reading.oid
      LEFT JOIN pg_namespace n ON n.oid = c.relnamespace
      """;

  private record Line(
      boolean populated,
      boolean usable,
      Optional<String> schema,
      String relation,
      boolean materialized) {
    static Line read(Row row) throws SQLException {
      return new Line(
          row.flag("relispopulated"),
          row.flag("usable"),
          row.optionalText("nspname"),
          row.optionalText("relname").orElse(""),
          row.flag("materialized"));
    }

    String relationName() {
      return schema.orElse("") + "." + relation;
    }
  }

  MaterializedView {
    reads = Set.copyOf(reads);
    readsViews = Set.copyOf(readsViews);
  }

  /**
   * Reads it.
   *
   * @throws TidemarkException USAGE where the name is not {@code schema.name}, OBJECT_MISSING where
   *     there is no such materialized view
   */
  static MaterializedView read(PostgresSession session, String view) {
    List<String> parts = parts(view);
    List<Line> lines = session.query(QUERY, Line::read, parts.get(0), parts.get(1));
    if (lines.isEmpty()) {
      throw new TidemarkException(
          ErrorCode.OBJECT_MISSING,
          "there is no materialized view %s in the analytics database; expected one to refresh"
              .formatted(view),
          "create it, or take it out of analysts.materialized-views");
    }
    List<Line> below = lines.stream().filter(line -> line.schema().isPresent()).toList();
    return new MaterializedView(
        view,
        lines.getFirst().populated(),
        lines.getFirst().usable(),
        below.stream().flatMap(line -> line.schema().stream()).collect(Collectors.toSet()),
        below.stream()
            .filter(Line::materialized)
            .map(Line::relationName)
            .collect(Collectors.toSet()));
  }

  private static List<String> parts(String view) {
    List<String> parts = Arrays.asList(view.split("\\.", -1));
    if (parts.size() != 2 || parts.contains("")) {
      throw new TidemarkException(
          ErrorCode.USAGE,
          "\"%s\" does not name a materialized view; expected schema.name".formatted(view),
          "write the name with its schema, without quotes");
    }
    return parts;
  }

  /** Why CONCURRENTLY is not possible; empty where it is. */
  Optional<String> hindrance() {
    if (!populated) {
      return Optional.of("it has never been filled");
    }
    return uniqueIndex
        ? Optional.empty()
        : Optional.of("it has no unique index on plain columns and all rows");
  }

  /** The statement. */
  String refresh(boolean concurrently) {
    List<String> parts = parts(name);
    return "REFRESH MATERIALIZED VIEW %s%s.%s"
        .formatted(
            concurrently ? "CONCURRENTLY " : "", Sql.name(parts.get(0)), Sql.name(parts.get(1)));
  }
}
