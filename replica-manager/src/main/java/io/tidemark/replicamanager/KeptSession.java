package io.tidemark.replicamanager;

import io.tidemark.postgres.PostgresEndpoint;
import io.tidemark.postgres.PostgresException;
import io.tidemark.postgres.PostgresSession;
import org.jspecify.annotations.Nullable;

/** One session with a server, kept from use to use, and opened anew where it was lost or closed. */
final class KeptSession implements AutoCloseable {
  private final PostgresEndpoint server;
  private final String first;
  private @Nullable PostgresSession session;

  KeptSession(PostgresEndpoint server) {
    this(server, "");
  }

  /**
   * @param first a statement for each new session; empty: none
   */
  KeptSession(PostgresEndpoint server, String first) {
    this.server = server;
    this.first = first;
  }

  /**
   * The session; whoever meets an error with it closes this.
   *
   * @throws PostgresException POSTGRES_UNREACHABLE, POSTGRES_REFUSED
   */
  PostgresSession get() {
    PostgresSession open = session;
    if (open == null || open.isClosed()) {
      open = PostgresSession.open(server);
      session = open;
      if (!first.isEmpty()) {
        open.execute(first);
      }
    }
    return open;
  }

  /** Ends the session; the next use opens another. */
  @Override
  public void close() {
    if (session != null) {
      session.close();
      session = null;
    }
  }
}
