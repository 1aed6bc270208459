package io.tidemark.postgres;

import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import org.postgresql.Driver;
import org.postgresql.PGConnection;
import org.postgresql.PGProperty;

/** Opens the driver's connections: one host after the other, until one is what is wanted. */
final class Connector {
  /** libpq's name for the database of a physical replication connection in a password file. */
  private static final String REPLICATION = "replication";

  /** Values come as text too: as the server's own subscriptions ask for it (libpqwalreceiver.c). */
  private static final String FORMATS =
      "-c intervalstyle=postgres -c extra_float_digits=3 -c bytea_output=hex -c lc_monetary=C"
          + " -c quote_all_identifiers=off";

  private final PostgresEndpoint endpoint;

  Connector(PostgresEndpoint endpoint) {
    this.endpoint = endpoint;
  }

  /** An ordinary session, with statement_timeout set. */
  Connection openSession() {
    Properties properties = common();
    PGProperty.OPTIONS.set(
        properties, "-c statement_timeout=" + endpoint.statementTimeout().toMillis());
    return openFirst(properties, endpoint.database());
  }

  /** A physical replication session: IDENTIFY_SYSTEM must still prove that it is one. */
  Connection openReplication() {
    return openFirst(replication("true"), REPLICATION);
  }

  /** A replication session of the endpoint's database, for logical replication. */
  Connection openLogicalReplication() {
    Properties properties = replication("database");
    PGProperty.OPTIONS.set(properties, FORMATS);
    return openFirst(properties, endpoint.database());
  }

  private Properties replication(String kind) {
    Properties properties = common();
    PGProperty.REPLICATION.set(properties, kind);
    // Without these two the driver silently opens an ordinary session.
    PGProperty.ASSUME_MIN_SERVER_VERSION.set(properties, "15");
    PGProperty.PREFER_QUERY_MODE.set(properties, "simple");
    return properties;
  }

  private Connection openFirst(Properties common, String database) {
    List<PostgresException> refusals = new ArrayList<>();
    for (HostPort host : endpoint.hosts()) {
      try {
        return open(host, common, database);
      } catch (PostgresException e) {
        refusals.add(e);
      }
    }
    throw PostgresFailures.noHost(refusals);
  }

  private Connection open(HostPort host, Properties common, String database) {
    Properties properties = new Properties();
    properties.putAll(common);
    endpoint
        .password()
        .read(host, database, endpoint.user())
        .ifPresent(password -> PGProperty.PASSWORD.set(properties, password));
    try {
      Connection connection = new Driver().connect(url(host, database), properties);
      if (connection == null) {
        throw new SQLException("the driver does not accept " + url(host, database), "08001");
      }
      return requireRole(connection, host);
    } catch (SQLException e) {
      throw PostgresFailures.connecting(e, host, endpoint.user());
    }
  }

  private Connection requireRole(Connection connection, HostPort host) throws SQLException {
    // Reported by every server from 14 on when a session starts, also a replication session.
    String standby = connection.unwrap(PGConnection.class).getParameterStatus("in_hot_standby");
    if (endpoint.target() == PostgresEndpoint.Target.PRIMARY && !"off".equals(standby)) {
      connection.close();
      throw PostgresFailures.notPrimary(host);
    }
    return connection;
  }

  private Properties common() {
    Properties properties = new Properties();
    PGProperty.USER.set(properties, endpoint.user());
    PGProperty.APPLICATION_NAME.set(properties, endpoint.applicationName());
    PGProperty.SSL_MODE.set(properties, endpoint.tls().mode().word());
    endpoint
        .tls()
        .rootCertificate()
        .ifPresent(p -> PGProperty.SSL_ROOT_CERT.set(properties, p.toString()));
    endpoint.tls().certificate().ifPresent(p -> PGProperty.SSL_CERT.set(properties, p.toString()));
    endpoint.tls().key().ifPresent(p -> PGProperty.SSL_KEY.set(properties, p.toString()));
    PGProperty.GSS_ENC_MODE.set(properties, "disable");
    PGProperty.TCP_KEEP_ALIVE.set(properties, true);
    int seconds = Math.toIntExact(endpoint.connectTimeout().plusMillis(999).toSeconds());
    PGProperty.CONNECT_TIMEOUT.set(properties, seconds);
    // Each read while logging in; the owner of the connection sets its own limits afterwards.
    PGProperty.SOCKET_TIMEOUT.set(properties, seconds);
    return properties;
  }

  private static String url(HostPort host, String database) {
    String encoded = URLEncoder.encode(database, StandardCharsets.UTF_8);
    return "jdbc:postgresql://" + host + "/" + encoded;
  }
}
