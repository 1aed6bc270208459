package io.tidemark.postgres;

import io.tidemark.config.ErrorCode;
import io.tidemark.config.TidemarkException;
import org.jspecify.annotations.Nullable;

/** PostgreSQL could not be reached, or answered with an error. */
public class PostgresException extends TidemarkException {
  private static final long serialVersionUID = 1L;

  private final String sqlState;

  PostgresException(
      ErrorCode code, String sqlState, String found, String hint, @Nullable Throwable cause) {
    super(code, found, hint, cause);
    this.sqlState = sqlState;
  }

  /** The server's SQLSTATE, or a class 08 one where the connection failed. */
  public final String sqlState() {
    return sqlState;
  }
}
