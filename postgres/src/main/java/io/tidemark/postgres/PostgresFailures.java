package io.tidemark.postgres;

import io.tidemark.config.ErrorCode;
import java.net.SocketTimeoutException;
import java.sql.SQLException;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** What the driver's and the server's errors mean, by SQLSTATE (errcodes.txt in PostgreSQL). */
final class PostgresFailures {
  private PostgresFailures() {}

  static PostgresException connecting(SQLException e, HostPort host, String user) {
    String state = state(e);
    String found = "PostgreSQL at " + host + " could not be connected to: " + e.getMessage();
    return new PostgresException(code(state), state, found, connectHint(state, user), e);
  }

  static PostgresException notPrimary(HostPort host) {
    return new PostgresException(
        ErrorCode.POSTGRES_UNREACHABLE,
        "25006",
        "PostgreSQL at " + host + " is in recovery; a primary was asked for.",
        "List the primary among the hosts, or ask for any.",
        null);
  }

  static PostgresException noHost(List<PostgresException> refusals) {
    if (refusals.size() == 1) {
      return refusals.getFirst();
    }
    PostgresException last = refusals.getLast();
    String all = refusals.stream().map(e -> "\n  " + e.explain()).collect(Collectors.joining());
    return new PostgresException(
        last.code(), last.sqlState(), "None of the hosts will do:" + all, "", last);
  }

  /**
   * A failed statement.
   *
   * @param what what was tried, to follow "could not"
   * @param grant what to run where it was a permission; empty for what the server says
   */
  static PostgresException statement(SQLException e, String what, String grant) {
    String state = state(e);
    if (isTimeout(e)) {
      return new PostgresException(
          ErrorCode.POSTGRES_UNREACHABLE,
          state,
          "PostgreSQL did not answer within the limit; could not " + what + ".",
          "See the server's log and load, or raise the statement timeout.",
          e);
    }
    String found = "PostgreSQL could not " + what + ": " + e.getMessage() + " [" + state + "]";
    return new PostgresException(code(state), state, found, statementHint(state, grant), e);
  }

  static PostgresException lost(String what, @Nullable Throwable cause) {
    String reason = cause == null ? "the server closed it" : String.valueOf(cause);
    return new PostgresException(
        ErrorCode.POSTGRES_UNREACHABLE,
        "08006",
        "The connection to PostgreSQL was lost while it " + what + ": " + reason,
        "See the server's log.",
        cause);
  }

  /** Connecting again would only bring the same message again. */
  static PostgresException tooLong(String doing, FrameReader.TooLongException cause) {
    return new PostgresException(
        ErrorCode.POSTGRES_DATA_INVALID,
        "54000",
        "PostgreSQL could not " + doing + ": " + cause.getMessage() + ".",
        "Where it is a row of a logical stream, leave its large columns out, or make it smaller.",
        cause);
  }

  private static boolean isTimeout(SQLException e) {
    return e.getCause() instanceof SocketTimeoutException;
  }

  private static String state(SQLException e) {
    String state = e.getSQLState();
    return state == null ? "08006" : state;
  }

  private static ErrorCode code(String state) {
    // 08004: the server wants a password, and there is none.
    return (state.startsWith("08") && !state.equals("08004"))
            || state.startsWith("57P")
            || state.equals("53300")
            || state.equals("58030")
        ? ErrorCode.POSTGRES_UNREACHABLE
        : ErrorCode.POSTGRES_REFUSED;
  }

  private static String connectHint(String state, String user) {
    return switch (state) {
      case "28P01", "08004" -> "Check the password file's line for this host and user.";
      case "28000" ->
          "Check that the role may log in and that pg_hba.conf has a line for it, for replication"
              + " too.";
      case "42501" -> "ALTER ROLE \"" + user + "\" REPLICATION;";
      case "3D000" -> "Name an existing database.";
      case "53300" -> "Raise max_wal_senders or max_connections, or end idle sessions.";
      default -> state.startsWith("08") ? "Check that the server runs and listens there." : "";
    };
  }

  private static String statementHint(String state, String grant) {
    return switch (state) {
      case "42501" -> grant.isEmpty() ? "Grant the role what it lacks." : grant;
      case "57014" -> "The statement timeout cancelled it; see the server's log and load.";
      default -> "";
    };
  }
}
