package org.postgresql.core;

import java.sql.Connection;
import java.sql.SQLException;
import org.jspecify.annotations.NullMarked;
import org.postgresql.jdbc.PgConnection;

/**
 * Hands out the stream below a driver's connection: a protected field of {@link QueryExecutorBase},
 * which is why this class lies in the driver's package. The driver connects, encrypts and
 * authenticates; Tidemark then speaks the replication protocol itself, because the driver's own
 * replication API advances the flushed position by itself and throws away the end of a timeline.
 */
@NullMarked
public final class StreamAccess {
  private StreamAccess() {}

  /** The stream of an open connection. From here on nobody else may use the connection. */
  public static PGStream of(Connection connection) throws SQLException {
    QueryExecutor executor = connection.unwrap(PgConnection.class).getQueryExecutor();
    return ((QueryExecutorBase) executor).pgStream;
  }
}
