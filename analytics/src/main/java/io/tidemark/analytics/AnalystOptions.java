package io.tidemark.analytics;

import io.tidemark.config.SecretFile;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * What an analyst's role is given. What is empty stays as it is, and on a new role is the default.
 *
 * @param password holds the password; a new role without one logs in by other means or not at all
 * @param statementTimeout of each statement in the analytics database; 5 minutes on a new role
 * @param connectionLimit sessions at a time in the whole cluster; no limit on a new role
 */
public record AnalystOptions(
    Optional<SecretFile> password,
    Optional<Duration> statementTimeout,
    OptionalInt connectionLimit) {

  /** Of a new role, where nothing else is asked for. */
  public static final Duration STATEMENT_TIMEOUT = Duration.ofMinutes(5);

  public AnalystOptions {
    statementTimeout.ifPresent(
        timeout -> {
          if (timeout.toMillis() < 1 || timeout.compareTo(Duration.ofDays(7)) > 0) {
            throw new IllegalArgumentException(
                "a statement timeout is 1 ms to 7 days, not " + timeout);
          }
        });
    if (connectionLimit.isPresent()
        && (connectionLimit.getAsInt() < 1 || connectionLimit.getAsInt() > 1000)) {
      throw new IllegalArgumentException(
          "a connection limit is 1 to 1000, not " + connectionLimit.getAsInt());
    }
  }

  public static AnalystOptions defaults() {
    return new AnalystOptions(Optional.empty(), Optional.empty(), OptionalInt.empty());
  }

  public AnalystOptions withPassword(SecretFile file) {
    return new AnalystOptions(Optional.of(file), statementTimeout, connectionLimit);
  }

  public AnalystOptions withStatementTimeout(Duration timeout) {
    return new AnalystOptions(password, Optional.of(timeout), connectionLimit);
  }

  public AnalystOptions withConnectionLimit(int sessions) {
    return new AnalystOptions(password, statementTimeout, OptionalInt.of(sessions));
  }
}
