package io.tidemark.postgres;

import io.tidemark.config.ConnectionSettings;
import io.tidemark.config.ConnectionSettings.SslMode;
import io.tidemark.config.SecretFile;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * How to reach a cluster. Holds no secret, only where to find it, so it may be printed.
 *
 * @param hosts tried in this order until one answers and is what {@code target} wants
 * @param database for SQL sessions; replication connections have none
 * @param password where the password is read from, at each connection
 * @param target which of the hosts will do
 * @param connectTimeout for each host: reaching it, TLS and authentication
 * @param statementTimeout for each statement of an SQL session and each replication command; also
 *     how long a replication stream may be silent
 * @param applicationName what pg_stat_activity shows, and what synchronous_standby_names matches
 */
public record PostgresEndpoint(
    List<HostPort> hosts,
    String database,
    String user,
    PasswordSource password,
    Tls tls,
    Target target,
    Duration connectTimeout,
    Duration statementTimeout,
    String applicationName) {
  private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(10);
  private static final Duration STATEMENT_TIMEOUT = Duration.ofSeconds(60);

  /** Which of several hosts to take: libpq's target_session_attrs. */
  public enum Target {
    /** The first that is not in recovery. */
    PRIMARY,
    /** The first that answers. */
    ANY
  }

  public PostgresEndpoint {
    hosts = List.copyOf(hosts);
    if (hosts.isEmpty()) {
      throw new IllegalArgumentException("a connection needs at least one host");
    }
    requireLimit("connectTimeout", connectTimeout);
    requireLimit("statementTimeout", statementTimeout);
  }

  /**
   * What the configuration asks for.
   *
   * @param target which of several hosts to take
   */
  public static PostgresEndpoint of(
      ConnectionSettings asked, Target target, String applicationName) {
    Optional<Path> key = asked.sslkey().map(SecretFile::path);
    return new PostgresEndpoint(
        asked.hosts().stream().map(host -> new HostPort(host, asked.port())).toList(),
        asked.database(),
        asked.user(),
        source(asked),
        new Tls(asked.sslmode(), asked.sslrootcert(), asked.sslcert(), key),
        target,
        asked.connectTimeout(),
        asked.statementTimeout(),
        applicationName);
  }

  /** One host, and defaults for the rest: no password, TLS preferred, any role, 10 s, 60 s. */
  public static PostgresEndpoint to(HostPort host, String database, String user) {
    return new PostgresEndpoint(
        List.of(host),
        database,
        user,
        new PasswordSource.None(),
        Tls.of(SslMode.PREFER),
        Target.ANY,
        CONNECT_TIMEOUT,
        STATEMENT_TIMEOUT,
        "tidemark");
  }

  public PostgresEndpoint withHosts(List<HostPort> other, Target wanted) {
    return new PostgresEndpoint(
        other,
        database,
        user,
        password,
        tls,
        wanted,
        connectTimeout,
        statementTimeout,
        applicationName);
  }

  public PostgresEndpoint withDatabase(String other) {
    return new PostgresEndpoint(
        hosts,
        other,
        user,
        password,
        tls,
        target,
        connectTimeout,
        statementTimeout,
        applicationName);
  }

  public PostgresEndpoint withUser(String other, PasswordSource source) {
    return new PostgresEndpoint(
        hosts,
        database,
        other,
        source,
        tls,
        target,
        connectTimeout,
        statementTimeout,
        applicationName);
  }

  public PostgresEndpoint withTls(Tls other) {
    return new PostgresEndpoint(
        hosts,
        database,
        user,
        password,
        other,
        target,
        connectTimeout,
        statementTimeout,
        applicationName);
  }

  public PostgresEndpoint withTimeouts(Duration connect, Duration statement) {
    return new PostgresEndpoint(
        hosts, database, user, password, tls, target, connect, statement, applicationName);
  }

  public PostgresEndpoint withApplicationName(String other) {
    return new PostgresEndpoint(
        hosts, database, user, password, tls, target, connectTimeout, statementTimeout, other);
  }

  private static PasswordSource source(ConnectionSettings asked) {
    return asked
        .passwordFile()
        .<PasswordSource>map(PasswordSource.PasswordFile::new)
        .or(() -> asked.passfile().map(PasswordSource.PassFile::new))
        .orElseGet(PasswordSource.None::new);
  }

  private static void requireLimit(String name, Duration duration) {
    if (!duration.isPositive() || duration.compareTo(Duration.ofDays(1)) > 0) {
      throw new IllegalArgumentException(name + " is more than 0, to 1 day, not " + duration);
    }
  }
}
