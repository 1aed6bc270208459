package io.tidemark.analytics;

import io.tidemark.postgres.PostgresSession;
import io.tidemark.postgres.Row;
import java.sql.SQLException;
import java.util.Optional;

/**
 * A role as the server has it.
 *
 * @param privileged it has an attribute that no analyst has
 * @param comment on the role; what {@link #mark} gives is Tidemark's
 * @param administered Tidemark's role may alter it and grant membership in it
 */
record AnalystRole(
    String name,
    boolean canLogin,
    boolean privileged,
    Optional<String> comment,
    boolean administered) {

  // From PostgreSQL 16 on CREATEROLE reaches only roles with the admin option, which who makes a
  // role has (postgresql.org, "Role Attributes").
  private static final String QUERY =
      "SELECT r.rolname, r.rolcanlogin, r.rolsuper OR r.rolcreaterole OR r.rolcreatedb"
          + " OR r.rolreplication OR r.rolbypassrls AS privileged,"
          + " shobj_description(r.oid, 'pg_authid') AS comment,"
          + " me.rolsuper OR (me.rolcreaterole AND NOT r.rolsuper AND"
          + " (current_setting('server_version_num')::int < 160000"
          + " OR pg_has_role(r.oid, 'MEMBER WITH ADMIN OPTION'))) AS administered"
          + " FROM pg_roles r, pg_roles me WHERE me.rolname = current_user AND r.rolname = ?";

  static Optional<AnalystRole> find(PostgresSession session, String name) {
    return session.first(QUERY, AnalystRole::read, name);
  }

  /** The comment on an analyst's role of that database. */
  static String mark(String database) {
    return "made by tidemark for the database " + database;
  }

  boolean isMarked(String database) {
    return comment.filter(mark(database)::equals).isPresent();
  }

  private static AnalystRole read(Row row) throws SQLException {
    return new AnalystRole(
        row.text("rolname"),
        row.flag("rolcanlogin"),
        row.flag("privileged"),
        row.optionalText("comment"),
        row.flag("administered"));
  }
}
