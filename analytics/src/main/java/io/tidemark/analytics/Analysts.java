package io.tidemark.analytics;

import static io.tidemark.analytics.Sql.literal;
import static io.tidemark.analytics.Sql.name;

import io.tidemark.config.AnalyticsSettings;
import io.tidemark.config.ErrorCode;
import io.tidemark.config.PipelineSettings;
import io.tidemark.config.TidemarkException;
import io.tidemark.postgres.PostgresSession;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The people who read the analytics database: for each a role that may log in, is a member of the
 * analysts' group, and owns one schema of its name. Touches no role that it did not make: the
 * comment on a role says so. Each method is one transaction.
 *
 * <p>Tidemark's role needs CREATEROLE, and CREATE on the database; a superuser is not needed. Every
 * method throws {@link TidemarkException}: USAGE for a name that will not do, POSTGRES_REFUSED with
 * what stands in the way.
 */
public final class Analysts {
  private static final Pattern NAME = Pattern.compile("[a-z_][a-z0-9_]{0,39}");
  private static final Set<String> RESERVED = Set.of("public", "none", "information_schema");

  private final PostgresSession session;
  private final String stateSchema;
  private final String group;
  private final List<String> schemas;
  private final String database;

  /**
   * @param schemas what the pipelines write; those that are not there yet are passed over
   */
  public Analysts(
      PostgresSession session, String stateSchema, String group, Collection<String> schemas) {
    this.session = session;
    this.stateSchema = stateSchema;
    this.group = group;
    this.schemas = schemas.stream().distinct().toList();
    this.database = session.value("SELECT current_database()").orElseThrow();
  }

  /** For the settings' group, and the schemas of the pipelines that merge. */
  public static Analysts of(PostgresSession session, AnalyticsSettings settings) {
    return new Analysts(
        session,
        settings.stateSchema(),
        settings.analysts().group(),
        settings.pipelines().values().stream()
            .filter(pipeline -> pipeline.engine() == PipelineSettings.Engine.MERGE)
            .map(PipelineSettings::schema)
            .collect(Collectors.toList()));
  }

  /**
   * Makes the group where it is missing and grants it what is missing: to be called when a
   * pipeline's schema has been made. Cheap where nothing is to do.
   */
  public void prepare() {
    session.transaction(
        () -> {
          new AnalystGroup(session, group, stateSchema, schemas).prepare();
          return true;
        });
  }

  /**
   * Makes an analyst, or brings one that Tidemark made up to date: the schema, the search path and
   * what the options hold.
   */
  public AnalystChange add(String person, AnalystOptions options) {
    requireName(person);
    requireAbilities();
    return session.transaction(() -> addInside(person, options));
  }

  /** All analysts that Tidemark has made for this database, by name. */
  public List<Analyst> list() {
    boolean timed =
        session
            .value("SELECT to_regclass(?)", name(stateSchema) + ".user_query_time")
            .filter(
                view ->
                    session
                        .value("SELECT 1 WHERE has_table_privilege(?::text, 'SELECT')", view)
                        .isPresent())
            .isPresent();
    String times =
        timed
            ? "SELECT user_name, total_seconds FROM " + name(stateSchema) + ".user_query_time"
            : "SELECT NULL::name AS user_name, NULL::float8 AS total_seconds";
    return session.query(
        """
        SELECT r.rolname, r.rolcanlogin, size.tables, size.bytes, live.sessions, live.last_active,
               (times.total_seconds * 1000000)::bigint AS query_micros
        FROM pg_roles r
        CROSS JOIN LATERAL (
            SELECT count(*) AS tables, coalesce(sum(pg_total_relation_size(c.oid)), 0) AS bytes
            FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
            WHERE n.nspname = r.rolname AND c.relkind IN ('r', 'm')) size
        CROSS JOIN LATERAL (
            SELECT count(*) AS sessions, max(a.state_change) AS last_active
            FROM pg_stat_activity a WHERE a.usesysid = r.oid) live
        LEFT JOIN (%s) times ON times.user_name = r.rolname
        WHERE shobj_description(r.oid, 'pg_authid') = ?
        ORDER BY r.rolname
        """
            .formatted(times),
        Analyst::read,
        AnalystRole.mark(database));
  }

  /** Removes an analyst, as far as {@code how} allows; else refuses and says what is in the way. */
  public void drop(String person, AnalystDrop how) {
    requireAbilities();
    AnalystRole role = requireMade(person);
    List<String> acting = new ArrayList<>(List.of(role.name()));
    how.reassignTo().ifPresent(other -> acting.add(requireOther(person, other)));
    new AnalystRemoval(session, database).drop(person, how, acting);
  }

  private AnalystChange addInside(String person, AnalystOptions options) {
    new AnalystGroup(session, group, stateSchema, schemas).prepare();
    boolean made = AnalystRole.find(session, person).isEmpty();
    if (made) {
      create(person);
    } else {
      requireMade(person);
    }
    session.execute("GRANT %s TO %s".formatted(name(group), name(person)));
    ownSchema(person);
    configure(person, made, options);
    return new AnalystChange(person, made, new AnalystRights(session).beyond(person));
  }

  private void create(String person) {
    session.execute(
        "CREATE ROLE %s LOGIN INHERIT NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS"
            .formatted(name(person)));
    session.execute(
        "COMMENT ON ROLE " + name(person) + " IS " + literal(AnalystRole.mark(database)));
  }

  private void ownSchema(String person) {
    String owner =
        session
            .value("SELECT pg_get_userbyid(nspowner) FROM pg_namespace WHERE nspname = ?", person)
            .orElse("");
    if (owner.isEmpty()) {
      AnalystActing acting = new AnalystActing(session);
      acting.begin(List.of(person));
      session.execute("CREATE SCHEMA %s AUTHORIZATION %1$s".formatted(name(person)));
      acting.end(List.of(person));
    } else if (!owner.equals(person)) {
      throw new TidemarkException(
          ErrorCode.POSTGRES_REFUSED,
          "schema \"%s\" belongs to %s; expected none of that name, or %1$s's own"
              .formatted(person, owner),
          "choose another name for the analyst, or rename the schema");
    }
  }

  private void configure(String person, boolean made, AnalystOptions options) {
    String path =
        Stream.concat(Stream.of(person), schemas.stream())
            .map(Sql::name)
            .collect(Collectors.joining(", "));
    set(person, "search_path", path);
    options
        .statementTimeout()
        .or(() -> made ? Optional.of(AnalystOptions.STATEMENT_TIMEOUT) : Optional.empty())
        .ifPresent(limit -> set(person, "statement_timeout", "" + limit.toMillis()));
    options
        .connectionLimit()
        .ifPresent(
            limit ->
                session.execute(
                    "ALTER ROLE %s CONNECTION LIMIT %d".formatted(name(person), limit)));
    options.password().ifPresent(file -> session.setPassword(person, file.text()));
  }

  // Roles are the cluster's; what is set is for this database only.
  private void set(String person, String setting, String value) {
    session.execute(
        "ALTER ROLE %s IN DATABASE %s SET %s = %s"
            .formatted(name(person), name(database), setting, value));
  }

  private void requireName(String person) {
    boolean taken =
        RESERVED.contains(person)
            || person.startsWith("pg_")
            || person.equals(stateSchema)
            || person.equals(group)
            || schemas.contains(person);
    if (taken || !NAME.matcher(person).matches()) {
      throw new TidemarkException(
          ErrorCode.USAGE,
          "\"%s\" will not do as an analyst's name; expected 1 to 40 of a-z, 0-9 and _ that begin"
                  .formatted(person)
              + " with a letter or _, not with pg_, and no schema or group of Tidemark's",
          "choose another name: it is the role's and its schema's");
    }
  }

  private AnalystRole requireMade(String person) {
    AnalystRole role =
        AnalystRole.find(session, person)
            .orElseThrow(
                () ->
                    new TidemarkException(
                        ErrorCode.USAGE,
                        "there is no analyst \"%s\"; expected one of: %s"
                            .formatted(person, names()),
                        "see: tidemark analytics user list"));
    if (!role.isMarked(database) || role.privileged()) {
      throw new TidemarkException(
          ErrorCode.POSTGRES_REFUSED,
          "role \"%s\" was not made by Tidemark for this database, or has rights that no analyst"
                  .formatted(person)
              + " has; expected the comment \"%s\" on it, and finds: %s"
                  .formatted(AnalystRole.mark(database), role.comment().orElse("none")),
          "choose another name, or manage this role by hand");
    }
    if (!role.administered()) {
      throw new TidemarkException(
          ErrorCode.POSTGRES_REFUSED,
          "role \"%s\" was made by another role than the one that Tidemark uses now; expected the"
                  .formatted(person)
              + " right to administer it",
          "as a superuser: GRANT %s TO %s WITH ADMIN OPTION;".formatted(name(person), me()));
    }
    return role;
  }

  private String requireOther(String person, String other) {
    if (other.equals(person)) {
      throw new TidemarkException(
          ErrorCode.USAGE,
          "what \"%s\" owns cannot go to the same role; expected another analyst".formatted(person),
          "see: tidemark analytics user list");
    }
    return requireMade(other).name();
  }

  private String names() {
    String names = list().stream().map(Analyst::name).collect(Collectors.joining(", "));
    return names.isEmpty() ? "none, there are no analysts yet" : names;
  }

  private void requireAbilities() {
    if (session
        .value(
            "SELECT 1 FROM pg_roles WHERE rolname = current_user AND (rolsuper OR rolcreaterole)")
        .isEmpty()) {
      throw new TidemarkException(
          ErrorCode.POSTGRES_REFUSED,
          "role %s may not make roles; expected CREATEROLE".formatted(me()),
          "as a superuser: ALTER ROLE " + me() + " CREATEROLE;");
    }
    if (session
        .value("SELECT 1 WHERE has_database_privilege(current_database(), 'CREATE')")
        .isEmpty()) {
      throw new TidemarkException(
          ErrorCode.POSTGRES_REFUSED,
          "role %s may not make schemas in %s; expected CREATE on it".formatted(me(), database),
          "as its owner: GRANT CREATE ON DATABASE %s TO %s;".formatted(name(database), me()));
    }
  }

  private String me() {
    return name(session.value("SELECT current_user").orElseThrow());
  }
}
