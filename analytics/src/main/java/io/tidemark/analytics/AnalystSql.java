package io.tidemark.analytics;

import io.tidemark.postgres.PostgresException;
import io.tidemark.postgres.PostgresSession;
import java.util.function.Supplier;

/** What SQL without parameters needs: quoted names, literals, and one transaction for several. */
final class AnalystSql {
  private AnalystSql() {}

  /** A name as an identifier. */
  static String name(String name) {
    return '"' + name.replace("\"", "\"\"") + '"';
  }

  /** A text as a literal that no setting of the server reads otherwise. */
  static String literal(String text) {
    String quoted = "'" + text.replace("\\", "\\\\").replace("'", "''") + "'";
    return text.contains("\\") ? "E" + quoted : quoted;
  }

  /** All of the work or nothing of it. */
  static <T> T transaction(PostgresSession session, Supplier<T> work) {
    session.execute("BEGIN");
    try {
      T done = work.get();
      session.execute("COMMIT");
      return done;
    } catch (RuntimeException e) {
      rollback(session, e);
      throw e;
    }
  }

  private static void rollback(PostgresSession session, RuntimeException cause) {
    if (session.isClosed()) {
      return;
    }
    try {
      session.execute("ROLLBACK");
    } catch (PostgresException e) {
      cause.addSuppressed(e);
    }
  }
}
