package io.tidemark.analytics;

import static io.tidemark.analytics.Sql.literal;
import static io.tidemark.analytics.Sql.name;

import io.tidemark.config.AnalyticsSettings;
import io.tidemark.config.ErrorCode;
import io.tidemark.config.TidemarkException;
import io.tidemark.postgres.PostgresException;
import io.tidemark.postgres.PostgresSession;
import java.util.List;

/**
 * Views in the state schema that tell analysts how large things are and what their queries cost:
 * {@code table_size}, {@code schema_size}, {@code user_schema_size}, {@code user_query_time}. Only
 * the analysts' group may read them. Nobody's view or extension depends on them, and they depend on
 * no extension: an update of pg_stat_statements finds nothing in its way.
 */
public final class AnalystViews {
  private static final String INVALID_DEFINITION = "42P16";
  private static final String INVALID_FUNCTION = "42P13";
  private static final String DEPENDED_ON = "2BP01";

  private final PostgresSession session;
  private final String schema;
  private final String group;
  private final AnalystViewSql sql;

  /**
   * @param stateSchema must be there
   * @param group the analysts' role; where it is not there yet, nobody may read the views until an
   *     {@link #install} after it is made
   */
  public AnalystViews(PostgresSession session, String stateSchema, String group) {
    this.session = session;
    this.schema = stateSchema;
    this.group = group;
    this.sql = new AnalystViewSql(stateSchema, group);
  }

  /** For the settings' state schema and group. */
  public static AnalystViews of(PostgresSession session, AnalyticsSettings settings) {
    return new AnalystViews(session, settings.stateSchema(), settings.analysts().group());
  }

  /**
   * Makes the views, or brings them to this version; one query where nothing is to do.
   *
   * @return whether something was changed
   * @throws TidemarkException POSTGRES_REFUSED where somebody's view stands on an older version
   *     whose columns are others now, or where the role may not create in the schema
   */
  public boolean install() {
    if (isCurrent()) {
      return false;
    }
    try {
      session.transaction(() -> create(false));
    } catch (PostgresException e) {
      if (!e.sqlState().equals(INVALID_DEFINITION) && !e.sqlState().equals(INVALID_FUNCTION)) {
        throw e;
      }
      replace();
    }
    return true;
  }

  private boolean isCurrent() {
    return session
        .value(
            "SELECT count(*) = ? FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
                + " WHERE n.nspname = ? AND c.relkind = 'v' AND c.relname = ANY (string_to_array(?,"
                + " ',')) AND obj_description(c.oid, 'pg_class') LIKE ?"
                + " AND coalesce(has_table_privilege("
                + "(SELECT oid FROM pg_roles WHERE rolname = ?), c.oid, 'SELECT'), true)",
            AnalystViewSql.VIEWS.size(),
            schema,
            String.join(",", AnalystViewSql.VIEWS),
            "%" + sql.mark(),
            group)
        .filter("t"::equals)
        .isPresent();
  }

  private void replace() {
    try {
      session.transaction(() -> create(true));
    } catch (PostgresException e) {
      if (!e.sqlState().equals(DEPENDED_ON)) {
        throw e;
      }
      throw new TidemarkException(
          ErrorCode.POSTGRES_REFUSED,
          "the views in schema %s have other columns in this version, and something of somebody's"
                  .formatted(schema)
              + " depends on them: "
              + e.getMessage(),
          "drop what depends on them, or have its owner do it; it can be made again afterwards",
          e);
    }
  }

  private boolean create(boolean dropFirst) {
    session.query(
        "SELECT pg_advisory_xact_lock(hashtext(?))", row -> "", "tidemark views " + schema);
    if (dropFirst) {
      sql.drops().forEach(session::execute);
    }
    sql.creates().forEach(session::execute);
    if (session.value("SELECT 1 FROM pg_roles WHERE rolname = ?", group).isPresent()) {
      grants().forEach(session::execute);
    }
    return true;
  }

  private List<String> grants() {
    String to = " TO " + name(group);
    return List.of(
        "GRANT USAGE ON SCHEMA " + name(schema) + to,
        "GRANT SELECT ON " + sql.views() + to,
        "GRANT EXECUTE ON FUNCTION " + sql.function() + to);
  }

  /** What the comment on a view says before its version. */
  static String comment(String view, String text, String mark) {
    return "COMMENT ON VIEW " + view + " IS " + literal(text + mark);
  }
}
