package io.tidemark.analytics;

import static io.tidemark.analytics.Sql.name;

import io.tidemark.config.ErrorCode;
import io.tidemark.config.TidemarkException;
import io.tidemark.postgres.Poll;
import io.tidemark.postgres.PostgresException;
import io.tidemark.postgres.PostgresSession;
import java.time.Duration;
import java.util.List;

/** The drop of a role that Tidemark made: looks first, then acts in one transaction. */
final class AnalystRemoval {
  private static final int LISTED = 20;
  private static final Duration POLL = Duration.ofMillis(100);
  private static final int POLLS = 100;
  private static final String DEPENDED_ON = "2BP01";

  /** Something that the role owns; {@code inside} its own schema. */
  private record Owned(String what, boolean inside) {}

  private final PostgresSession session;
  private final String database;

  AnalystRemoval(PostgresSession session, String database) {
    this.session = session;
    this.database = database;
  }

  /**
   * @param acting the role and who gets what it owns
   */
  void drop(String person, AnalystDrop how, List<String> acting) {
    requireNothingInOtherDatabases(person);
    requireChoice(person, how);
    if (how.endSessions()) {
      endSessions(person);
    }
    requireNoSessions(person);
    try {
      session.transaction(() -> remove(person, how, acting));
    } catch (PostgresException e) {
      throw e.sqlState().equals(DEPENDED_ON) ? dependedOn(person, e) : e;
    }
  }

  private boolean remove(String person, AnalystDrop how, List<String> acting) {
    AnalystActing role = new AnalystActing(session);
    role.begin(acting);
    how.reassignTo()
        .ifPresent(
            other ->
                session.execute("REASSIGN OWNED BY %s TO %s".formatted(name(person), name(other))));
    // Without CASCADE: what others have built on it is theirs. Also takes the role's own grants.
    session.execute("DROP OWNED BY " + name(person) + " RESTRICT");
    role.end(acting);
    session.execute("DROP ROLE " + name(person));
    return true;
  }

  private void requireNothingInOtherDatabases(String person) {
    String places =
        session
            .value(
                "SELECT string_agg(DISTINCT coalesce(d.datname, 'objects of the whole cluster'),"
                    + " ', ') FROM pg_shdepend s LEFT JOIN pg_database d ON d.oid = s.dbid"
                    + " WHERE s.refclassid = 'pg_authid'::regclass AND s.refobjid ="
                    + " (SELECT oid FROM pg_roles WHERE rolname = ?)"
                    + " AND d.datname IS DISTINCT FROM current_database()"
                    + " AND NOT (s.dbid = 0 AND s.deptype = 'a')"
                    // Memberships go with the role.
                    + " AND s.classid <> 'pg_auth_members'::regclass",
                person)
            .orElse("");
    if (!places.isEmpty()) {
      throw refused(
          "role \"%s\" owns or may use objects outside the database %s: %s; expected none"
              .formatted(person, database, places),
          "in each of them: REASSIGN OWNED BY %1$s TO …; DROP OWNED BY %1$s;"
              .formatted(name(person)));
    }
  }

  private void requireChoice(String person, AnalystDrop how) {
    if (how.reassignTo().isPresent()) {
      return;
    }
    List<Owned> owned = owned(person);
    List<Owned> outside = owned.stream().filter(each -> !each.inside()).toList();
    if (!outside.isEmpty()) {
      throw refused(
          "role \"%s\" owns objects outside its schema: %s; expected none"
              .formatted(person, list(outside)),
          "say which analyst gets them, with what is in the schema");
    }
    if (!owned.isEmpty() && !how.withObjects()) {
      throw refused(
          "schema \"%s\" is not empty: %s; expected an empty one".formatted(person, list(owned)),
          "say which analyst gets it, or that it is to be dropped with all that is in it");
    }
  }

  private List<Owned> owned(String person) {
    return session.query(
        "SELECT i.type || ' ' || i.identity AS what, i.schema IS NOT DISTINCT FROM ? AS inside"
            + " FROM pg_shdepend s,"
            + " LATERAL pg_identify_object(s.classid, s.objid, s.objsubid) i"
            + " WHERE s.refclassid = 'pg_authid'::regclass AND s.deptype = 'o'"
            + " AND s.dbid = (SELECT oid FROM pg_database WHERE datname = current_database())"
            + " AND s.refobjid = (SELECT oid FROM pg_roles WHERE rolname = ?)"
            + " AND NOT (s.classid = 'pg_namespace'::regclass AND i.name = quote_ident(?))"
            + " AND coalesce(i.schema, '') !~ '^pg_temp'"
            + " ORDER BY inside, what LIMIT 1000",
        row -> new Owned(row.text("what"), row.flag("inside")),
        person,
        person,
        person);
  }

  private static String list(List<Owned> owned) {
    List<String> names = owned.stream().limit(LISTED).map(Owned::what).toList();
    String more = owned.size() > LISTED ? " and " + (owned.size() - LISTED) + " more" : "";
    return String.join(", ", names) + more;
  }

  // A tool that connects again at once would have a new session before the role is gone.
  private void endSessions(String person) {
    session.transaction(
        () -> {
          session.execute("ALTER ROLE " + name(person) + " NOLOGIN");
          return true;
        });
    session.transaction(() -> terminate(person));
    for (int i = 0; i < POLLS && sessions(person) > 0; i++) {
      Poll.pause(POLL, "the wait for " + person + "'s sessions to end was interrupted", "");
    }
  }

  private boolean terminate(String person) {
    AnalystActing role = new AnalystActing(session);
    role.begin(List.of(person));
    session.query(
        "SELECT pg_terminate_backend(a.pid) FROM pg_stat_activity a WHERE a.usename = ?",
        row -> "",
        person);
    role.end(List.of(person));
    return true;
  }

  private void requireNoSessions(String person) {
    long sessions = sessions(person);
    if (sessions > 0) {
      throw refused(
          "role \"%s\" has %d session(s) in the cluster; expected none".formatted(person, sessions),
          "wait until they are over, or say that they are to be ended");
    }
  }

  private long sessions(String person) {
    return session
        .value("SELECT count(*) FROM pg_stat_activity WHERE usename = ?", person)
        .map(Long::parseLong)
        .orElseThrow();
  }

  private static TidemarkException dependedOn(String person, PostgresException e) {
    return new TidemarkException(
        ErrorCode.POSTGRES_REFUSED,
        "something of somebody else's depends on what \"%s\" owns: %s"
            .formatted(person, e.getMessage()),
        "say which analyst gets what is owned, or have the other's object dropped first",
        e);
  }

  private static TidemarkException refused(String found, String hint) {
    return new TidemarkException(ErrorCode.POSTGRES_REFUSED, found, hint);
  }
}
