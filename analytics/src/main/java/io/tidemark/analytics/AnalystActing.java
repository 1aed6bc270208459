package io.tidemark.analytics;

import static io.tidemark.analytics.Sql.name;

import io.tidemark.postgres.PostgresSession;
import java.util.List;

/**
 * Lets Tidemark's role act for analysts within one transaction: to make a schema that is theirs, or
 * to give away what they own. Nobody else ever sees the membership. A superuser needs none.
 */
final class AnalystActing {
  /** From here on a membership says what it is good for; CREATEROLE alone gives none of it. */
  private static final int OPTIONS_SINCE = 16;

  private final PostgresSession session;
  private final boolean needed;

  AnalystActing(PostgresSession session) {
    this.session = session;
    this.needed =
        session
            .value("SELECT 1 FROM pg_roles WHERE rolname = current_user AND NOT rolsuper")
            .isPresent();
  }

  void begin(List<String> people) {
    String options =
        session.serverVersion().major() >= OPTIONS_SINCE ? " WITH INHERIT TRUE, SET TRUE" : "";
    if (needed) {
      people.forEach(
          person -> session.execute("GRANT " + name(person) + " TO CURRENT_USER" + options));
    }
  }

  void end(List<String> people) {
    if (needed) {
      people.forEach(person -> session.execute("REVOKE " + name(person) + " FROM CURRENT_USER"));
    }
  }
}
