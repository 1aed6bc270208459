package io.tidemark.postgres;

import java.io.IOException;
import java.io.OutputStream;
import java.sql.Connection;
import java.sql.SQLException;
import org.postgresql.PGConnection;
import org.postgresql.copy.CopyIn;
import org.postgresql.copy.CopyOut;
import org.postgresql.copy.PGCopyOutputStream;
import org.postgresql.core.PGStream;
import org.postgresql.core.StreamAccess;

/**
 * COPY in a session. Rows that come are read from the driver's stream into one buffer: the driver
 * itself would make an array of each.
 */
final class SessionCopy {
  /** query_canceled. */
  private static final String CANCELED = "57014";

  private static final int BUFFER_BYTES = 8192;

  private final Connection connection;

  SessionCopy(Connection connection) {
    this.connection = connection;
  }

  /** As {@link PostgresSession#copyOut(String, CopySink)}. */
  <E extends Exception> long out(String sql, CopySink<E> to) throws E {
    try {
      CopyOut copy = connection.unwrap(PGConnection.class).getCopyAPI().copyOut(sql);
      try {
        read(copy, to);
      } finally {
        cancel(copy);
      }
      return copy.getHandledRowCount();
    } catch (SQLException e) {
      throw PostgresFailures.statement(e, "run " + sql, "");
    }
  }

  private <E extends Exception> void read(CopyOut copy, CopySink<E> to) throws E, SQLException {
    PGStream stream = StreamAccess.of(connection);
    byte[] buffer = new byte[BUFFER_BYTES];
    byte[] row;
    do {
      while (isRow(stream)) {
        int length = length(stream);
        if (length > buffer.length) {
          buffer = new byte[Math.max(length, 2 * buffer.length)];
        }
        receive(stream, buffer, length);
        to.accept(buffer, length);
      }
      // A notice, or the end: the driver knows what to do with it.
      row = copy.readFromCopy();
      if (row != null) {
        to.accept(row, row.length);
      }
    } while (row != null);
  }

  private boolean isRow(PGStream stream) throws SQLException {
    try {
      return stream.peekChar() == 'd';
    } catch (IOException e) {
      throw lost(e);
    }
  }

  private int length(PGStream stream) throws SQLException {
    try {
      stream.receiveChar();
      return stream.receiveInteger4() - Integer.BYTES;
    } catch (IOException e) {
      throw lost(e);
    }
  }

  private void receive(PGStream stream, byte[] to, int length) throws SQLException {
    try {
      stream.receive(to, 0, length);
    } catch (IOException e) {
      throw lost(e);
    }
  }

  /** Nobody could say what comes next on such a connection. */
  private SQLException lost(IOException e) {
    SQLException lost = new SQLException("the connection broke in the middle of COPY", "08006", e);
    try {
      connection.abort(Runnable::run);
    } catch (SQLException more) {
      lost.addSuppressed(more);
    }
    return lost;
  }

  /**
   * Not the driver's cancelCopy, which leaves answers behind that the next statement would take for
   * its own.
   */
  private void cancel(CopyOut copy) throws SQLException {
    if (!copy.isActive() || connection.isClosed()) {
      return;
    }
    connection.unwrap(PGConnection.class).cancelQuery();
    try {
      byte[] rest = copy.readFromCopy();
      while (rest != null) {
        rest = copy.readFromCopy();
      }
    } catch (SQLException e) {
      if (!CANCELED.equals(e.getSQLState())) {
        throw e;
      }
    }
  }

  /** As {@link PostgresSession#copyIn(String)}. */
  OutputStream in(String sql) {
    try {
      return new PGCopyOutputStream(connection.unwrap(PGConnection.class), sql);
    } catch (SQLException e) {
      throw PostgresFailures.statement(e, "run " + sql, "");
    }
  }

  /** As {@link PostgresSession#copyIn(String, PostgresSession.CopyWriter)}. */
  <E extends Exception> long in(String sql, PostgresSession.CopyWriter<E> writer) throws E {
    try {
      CopyIn copy = connection.unwrap(PGConnection.class).getCopyAPI().copyIn(sql);
      try {
        writer.writeTo(
            (bytes, length) -> {
              try {
                copy.writeToCopy(bytes, 0, length);
              } catch (SQLException e) {
                throw PostgresFailures.statement(e, "run " + sql, "");
              }
            });
        return copy.endCopy();
      } finally {
        if (copy.isActive()) {
          copy.cancelCopy();
        }
      }
    } catch (SQLException e) {
      throw PostgresFailures.statement(e, "run " + sql, "");
    }
  }
}
