package io.tidemark.analytics;

import static io.tidemark.analytics.Sql.literal;
import static io.tidemark.analytics.Sql.name;

import io.tidemark.config.ErrorCode;
import io.tidemark.config.TidemarkException;
import io.tidemark.postgres.PostgresSession;
import java.util.Collection;
import java.util.List;

/**
 * The role through which all analysts read: the pipelines' schemas with every table that is there
 * or comes, and what the state schema has for them. Its rights are granted, never taken away.
 */
final class AnalystGroup {
  /** What analysts may read in the state schema, where it is there. */
  private static final List<String> STATE_RELATIONS = List.of("data_as_of", "refresh");

  private final PostgresSession session;
  private final String group;
  private final String stateSchema;
  private final Collection<String> schemas;

  AnalystGroup(
      PostgresSession session, String group, String stateSchema, Collection<String> schemas) {
    this.session = session;
    this.group = group;
    this.stateSchema = stateSchema;
    this.schemas = List.copyOf(schemas);
  }

  /** Makes the role where it is missing and grants what is missing; nothing else is touched. */
  void prepare() {
    AnalystRole role =
        AnalystRole.find(session, group)
            .orElseGet(
                () -> {
                  create();
                  return AnalystRole.find(session, group).orElseThrow();
                });
    requireSuitable(role);
    existing(schemas).forEach(this::grantSchema);
    existing(List.of(stateSchema)).forEach(this::grantState);
    grantDatabase();
  }

  private void create() {
    session.execute("CREATE ROLE " + name(group) + " NOLOGIN");
    session.execute(
        "COMMENT ON ROLE "
            + name(group)
            + " IS "
            + literal("made by tidemark: reads what pipelines write; analysts are its members"));
  }

  private void requireSuitable(AnalystRole role) {
    boolean isTidemark = session.value("SELECT 1 WHERE current_user = ?", role.name()).isPresent();
    if (role.privileged() || role.canLogin() || isTidemark || group.startsWith("pg_")) {
      throw new TidemarkException(
          ErrorCode.POSTGRES_REFUSED,
          "role \"%s\" is there and may log in or has rights of its own".formatted(group)
              + "; expected a role NOLOGIN without attributes, which all analysts can be given",
          "name another role as analysts.group; Tidemark makes one that is missing");
    }
    if (!role.administered()) {
      throw new TidemarkException(
          ErrorCode.POSTGRES_REFUSED,
          "role \"%s\" was made by somebody else; expected to be able to give it to analysts"
              .formatted(group),
          "GRANT %s TO %s WITH ADMIN OPTION;"
              .formatted(
                  name(group), name(session.value("SELECT current_user").orElse("tidemark"))));
    }
  }

  private List<String> existing(Collection<String> names) {
    return names.stream()
        .filter(
            each -> session.value("SELECT 1 FROM pg_namespace WHERE nspname = ?", each).isPresent())
        .toList();
  }

  private void grantSchema(String schema) {
    grantUsage(schema);
    // Tables of others in the schema are theirs to grant.
    ungranted(schema).forEach(table -> grantSelect(schema, table));
    boolean future =
        session
            .value(
                "SELECT 1 FROM pg_default_acl d, aclexplode(d.defaclacl) a"
                    + " WHERE d.defaclrole = (SELECT oid FROM pg_roles"
                    + " WHERE rolname = current_user) AND d.defaclobjtype = 'r'"
                    + " AND d.defaclnamespace = (SELECT oid FROM pg_namespace WHERE nspname = ?)"
                    + " AND a.grantee = (SELECT oid FROM pg_roles WHERE rolname = ?)"
                    + " AND a.privilege_type = 'SELECT'",
                schema,
                group)
            .isPresent();
    if (!future) {
      session.execute(
          "ALTER DEFAULT PRIVILEGES FOR ROLE CURRENT_USER IN SCHEMA %s GRANT SELECT ON TABLES TO %s"
              .formatted(name(schema), name(group)));
    }
  }

  private List<String> ungranted(String schema) {
    return session.query(
        "SELECT c.relname FROM pg_class c"
            + " JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = ?"
            + " AND c.relkind IN ('r', 'p', 'v', 'm', 'f') AND pg_has_role(c.relowner, 'USAGE')"
            + " AND NOT has_table_privilege(?::name, c.oid, 'SELECT')",
        row -> row.text("relname"),
        schema,
        group);
  }

  private void grantUsage(String schema) {
    if (session
        .value("SELECT 1 WHERE has_schema_privilege(?::name, ?::text, 'USAGE')", group, schema)
        .isEmpty()) {
      session.execute("GRANT USAGE ON SCHEMA " + name(schema) + " TO " + name(group));
    }
  }

  private void grantState(String schema) {
    grantUsage(schema);
    ungranted(schema).stream()
        .filter(STATE_RELATIONS::contains)
        .forEach(relation -> grantSelect(schema, relation));
  }

  private void grantSelect(String schema, String relation) {
    session.execute(
        "GRANT SELECT ON TABLE %s.%s TO %s".formatted(name(schema), name(relation), name(group)));
  }

  private void grantDatabase() {
    String missing = missingOfDatabase();
    if (missing.isEmpty()) {
      return;
    }
    String grant =
        "GRANT %s ON DATABASE %s TO %s"
            .formatted(
                missing,
                name(session.value("SELECT current_database()").orElseThrow()),
                name(group));
    session.execute(grant);
    // Who may not grant it gets a warning of the server's only.
    if (!missingOfDatabase().isEmpty()) {
      throw new TidemarkException(
          ErrorCode.POSTGRES_REFUSED,
          "role \"%s\" has not %s on the database, and Tidemark's role may not grant it"
              .formatted(group, missing),
          "as the database's owner: " + grant + ";");
    }
  }

  private String missingOfDatabase() {
    return session
        .value(
            "SELECT string_agg(p, ', ') FROM unnest(ARRAY['CONNECT', 'TEMPORARY']) p"
                + " WHERE NOT has_database_privilege(?::name, current_database(), p)",
            group)
        .orElse("");
  }
}
