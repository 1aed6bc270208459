package io.tidemark.analytics;

import static io.tidemark.analytics.Sql.literal;
import static io.tidemark.analytics.Sql.name;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** The definitions behind {@link AnalystViews}. */
final class AnalystViewSql {
  /** In an order in which they can be made. */
  static final List<String> VIEWS =
      List.of("table_size", "schema_size", "user_schema_size", "user_query_time");

  private static final Map<String, String> COMMENTS = comments();

  private static final String TABLE_SIZE =
      """
      CREATE OR REPLACE VIEW ${schema}.table_size AS
      SELECT n.nspname AS schema_name,
             c.relname AS table_name,
             CASE c.relkind WHEN 'm' THEN 'materialized view' ELSE 'table' END AS kind,
             (CASE WHEN c.reltuples >= 0 THEN c.reltuples::bigint
                   ELSE pg_stat_get_live_tuples(c.oid) END) AS rows_estimate,
             s.table_bytes, s.index_bytes, s.toast_bytes,
             s.table_bytes + s.index_bytes + s.toast_bytes AS total_bytes,
             pg_size_pretty(s.table_bytes + s.index_bytes + s.toast_bytes) AS total
      FROM pg_class c
      JOIN pg_namespace n ON n.oid = c.relnamespace
      CROSS JOIN LATERAL (
          SELECT greatest(coalesce(pg_table_size(c.oid), 0) - t.bytes, 0) AS table_bytes,
                 coalesce(pg_indexes_size(c.oid), 0) AS index_bytes,
                 t.bytes AS toast_bytes
          FROM (SELECT CASE WHEN c.reltoastrelid = 0 THEN 0
                            ELSE coalesce(pg_total_relation_size(c.reltoastrelid), 0) END) t(bytes)
      ) s
      WHERE c.relkind IN ('r', 'm') AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
      """;

  private static final String SCHEMA_SIZE =
      """
      CREATE OR REPLACE VIEW ${schema}.schema_size AS
      SELECT n.nspname AS schema_name,
             count(t.table_name) AS tables,
             coalesce(sum(t.rows_estimate), 0)::bigint AS rows_estimate,
             coalesce(sum(t.table_bytes), 0)::bigint AS table_bytes,
             coalesce(sum(t.index_bytes), 0)::bigint AS index_bytes,
             coalesce(sum(t.toast_bytes), 0)::bigint AS toast_bytes,
             coalesce(sum(t.total_bytes), 0)::bigint AS total_bytes,
             pg_size_pretty(coalesce(sum(t.total_bytes), 0)) AS total
      FROM pg_namespace n
      LEFT JOIN ${schema}.table_size t ON t.schema_name = n.nspname
      WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
      GROUP BY n.nspname
      """;

  // The role that made the group is listed among its members from PostgreSQL 16 on, without the
  // group's rights.
  private static final String MEMBERS =
      """
      SELECT r.oid, r.rolname FROM pg_roles r, pg_roles g
      WHERE g.rolname = ${group} AND r.rolcanlogin AND NOT r.rolsuper
        AND EXISTS (SELECT FROM pg_auth_members m WHERE m.roleid = g.oid AND m.member = r.oid)
        AND pg_has_role(r.oid, g.oid, 'USAGE')
      """;

  private static final String USER_SCHEMA_SIZE =
      """
      CREATE OR REPLACE VIEW ${schema}.user_schema_size AS
      SELECT r.rolname AS user_name,
             s.schema_name,
             coalesce(s.tables, 0) AS tables,
             coalesce(s.rows_estimate, 0) AS rows_estimate,
             coalesce(s.total_bytes, 0) AS total_bytes,
             pg_size_pretty(coalesce(s.total_bytes, 0)) AS total
      FROM (${members}) r
      LEFT JOIN pg_namespace n ON n.nspowner = r.oid
      LEFT JOIN ${schema}.schema_size s ON s.schema_name = n.nspname
      """;

  // Dynamic, so that no object depends on the extension: its own updates drop and make its views.
  // Statements inside functions are left out where the extension tells them apart: their time is
  // in the outer one's already.
  private static final String FUNCTION =
      """
      CREATE OR REPLACE FUNCTION ${schema}.user_query_time_now()
      RETURNS TABLE (user_name name, calls bigint, total_seconds double precision,
          mean_milliseconds double precision, "rows" bigint, share_percent numeric,
          since timestamptz, statistics_available boolean, missing text)
      LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $body$
      #variable_conflict use_column
      DECLARE
        place name := (SELECT n.nspname FROM pg_extension e
            JOIN pg_namespace n ON n.oid = e.extnamespace WHERE e.extname = 'pg_stat_statements');
        loaded boolean := EXISTS (
            SELECT FROM pg_settings WHERE name = 'pg_stat_statements.max');
        lacking text := CASE
            WHEN NOT loaded THEN 'pg_stat_statements is not in shared_preload_libraries'
            WHEN place IS NULL
            THEN 'CREATE EXTENSION pg_stat_statements was not run in this database'
            WHEN NOT has_schema_privilege(place, 'USAGE')
            THEN format('GRANT USAGE ON SCHEMA %I TO %I', place, current_user) END;
        has text[];
        spent text;
      BEGIN
        IF lacking IS NOT NULL THEN
          RETURN QUERY SELECT m.rolname, NULL::bigint, NULL::float8, NULL::float8, NULL::bigint,
              NULL::numeric, NULL::timestamptz, false, lacking FROM (${members}) m;
          RETURN;
        END IF;
        SELECT proargnames INTO has FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
            WHERE p.proname = 'pg_stat_statements' AND n.nspname = place;
        spent := CASE WHEN 'total_exec_time' = ANY (has)
            THEN 's.total_exec_time + s.total_plan_time' ELSE 's.total_time' END;
        RETURN QUERY EXECUTE format($query$
            SELECT coalesce(r.rolname, '(dropped role ' || u.userid || ')')::name, u.calls,
                   u.spent / 1000, u.spent / nullif(u.calls, 0), u.returned,
                   round((100 * u.spent / nullif(sum(u.spent) OVER (), 0))::numeric, 1),
                   %3$s, true, NULL::text
            FROM (SELECT s.userid, sum(s.calls)::bigint AS calls, sum(%2$s) AS spent,
                         sum(s.rows)::bigint AS returned
                  FROM %1$I.pg_stat_statements(false) s
                  WHERE s.dbid = (SELECT oid FROM pg_database WHERE datname = current_database())
                    %4$s
                  GROUP BY s.userid) u
            LEFT JOIN pg_roles r ON r.oid = u.userid$query$,
            place, spent,
            CASE WHEN to_regproc(format('%I.pg_stat_statements_info', place)) IS NULL
                 THEN 'NULL::timestamptz'
                 ELSE format('(SELECT stats_reset FROM %I.pg_stat_statements_info())', place) END,
            CASE WHEN 'toplevel' = ANY (has) THEN 'AND s.toplevel' ELSE '' END);
      END
      $body$
      """;

  private static final String USER_QUERY_TIME =
      """
      CREATE OR REPLACE VIEW ${schema}.user_query_time AS
      SELECT * FROM ${schema}.user_query_time_now()
      """;

  private final String schema;
  private final String group;

  AnalystViewSql(String schema, String group) {
    this.schema = schema;
    this.group = group;
  }

  private static Map<String, String> comments() {
    Map<String, String> comments = new LinkedHashMap<>();
    comments.put(
        "table_size",
        "Bytes and estimated rows of every table, partition and materialized view. A reader waits"
            + " while one of them is locked against reading.");
    comments.put("schema_size", "Bytes and estimated rows of every schema: table_size, added up.");
    comments.put("user_schema_size", "Size of the schemas that each analyst owns.");
    comments.put(
        "user_query_time",
        "What each role's statements took in this database since the statistics were reset, from"
            + " pg_stat_statements. Where statistics_available is false, one row for each analyst"
            + " says in the column missing what an administrator has to do.");
    return comments;
  }

  /** What makes everything, in order. */
  List<String> creates() {
    List<String> statements = new ArrayList<>(definitions());
    statements.add("REVOKE ALL ON FUNCTION " + function() + " FROM PUBLIC");
    COMMENTS.forEach(
        (view, text) -> statements.add(AnalystViews.comment(qualified(view), text, mark())));
    return statements;
  }

  /** What removes everything that nobody else depends on. */
  List<String> drops() {
    return List.of(
        "DROP VIEW IF EXISTS " + views(), "DROP FUNCTION IF EXISTS " + function() + " RESTRICT");
  }

  /** All views, with commas between them. */
  String views() {
    return VIEWS.stream().map(this::qualified).collect(Collectors.joining(", "));
  }

  String function() {
    return qualified("user_query_time_now()");
  }

  /** What the comment on each view ends with: changes when any definition does. */
  String mark() {
    return " [tidemark " + Integer.toHexString((definitions() + "" + COMMENTS).hashCode()) + "]";
  }

  private List<String> definitions() {
    return List.of(TABLE_SIZE, SCHEMA_SIZE, USER_SCHEMA_SIZE, FUNCTION, USER_QUERY_TIME).stream()
        .map(this::fill)
        .toList();
  }

  private String fill(String template) {
    return template
        .replace("${members}", MEMBERS)
        .replace("${schema}", name(schema))
        .replace("${group}", literal(group));
  }

  private String qualified(String object) {
    return name(schema) + "." + object;
  }
}
