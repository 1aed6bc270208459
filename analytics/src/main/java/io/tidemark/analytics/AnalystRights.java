package io.tidemark.analytics;

import io.tidemark.postgres.PostgresSession;
import java.util.List;

/** What a role may do that an analyst is not meant to. */
final class AnalystRights {
  private static final int LISTED = 50;

  // Rights come to a role through PUBLIC or another group too, which only its owner can take away.
  private static final String QUERY =
      """
      SELECT found FROM (
        SELECT format('may create in schema %%I: REVOKE CREATE ON SCHEMA %%1$I FROM PUBLIC, %%2$I;',
                      n.nspname, who.name) AS found
        FROM pg_namespace n, who
        WHERE n.nspname !~ '^pg_' AND n.nspowner <> (SELECT oid FROM pg_roles WHERE rolname = name)
          AND has_schema_privilege(who.name, n.oid, 'CREATE')
        UNION ALL
        SELECT format('may create schemas: REVOKE CREATE ON DATABASE %%I FROM PUBLIC, %%I;',
                      current_database(), who.name)
        FROM who WHERE has_database_privilege(who.name, current_database(), 'CREATE')
        UNION ALL
        SELECT format('may write to %%1$I.%%2$I: REVOKE INSERT, UPDATE, DELETE, TRUNCATE ON %%1$I.%%2$I'
                      || ' FROM PUBLIC, %%3$I;', n.nspname, c.relname, who.name)
        FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace, who
        WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
          AND c.relkind IN ('r', 'p', 'v', 'f')
          AND c.relowner <> (SELECT oid FROM pg_roles WHERE rolname = name)
          AND has_table_privilege(who.name, c.oid, 'INSERT, UPDATE, DELETE, TRUNCATE')
      ) all_found LIMIT %d
      """;

  private final PostgresSession session;

  AnalystRights(PostgresSession session) {
    this.session = session;
  }

  /** Each with the SQL that takes it away; at most 50. */
  List<String> beyond(String person) {
    return session.query(
        "WITH who AS (SELECT ?::name AS name) " + QUERY.formatted(LISTED),
        row -> row.text("found"),
        person);
  }
}
