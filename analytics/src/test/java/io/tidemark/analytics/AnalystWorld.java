package io.tidemark.analytics;

import io.tidemark.config.SecretFile;
import io.tidemark.postgres.HostPort;
import io.tidemark.postgres.PasswordSource;
import io.tidemark.postgres.PostgresEndpoint;
import io.tidemark.postgres.PostgresSession;
import io.tidemark.testing.PostgresBinaries;
import io.tidemark.testing.TestCluster;
import io.tidemark.testing.TestClusterBuilder;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/**
 * An analytics database with the schema {@code school} that a pipeline of that name writes, in a
 * cluster of several: Tidemark's role owns it, may make roles, and is no superuser.
 *
 * @param database also the first part of the names of roles, which are the cluster's
 * @param secrets a directory for passwords
 */
record AnalystWorld(TestCluster cluster, String database, Path secrets, PostgresSession session)
    implements AutoCloseable {

  /** A cluster for many of them, in which every role needs its password. */
  static TestCluster cluster(int major, boolean statistics) {
    TestClusterBuilder builder =
        TestCluster.builder(PostgresBinaries.of(major)).fsync(false).password("root-secret");
    if (statistics) {
      builder.setting("shared_preload_libraries", "pg_stat_statements");
    }
    return builder.start();
  }

  static AnalystWorld make(TestCluster cluster, String database, Path secrets) {
    String tidemark = database + "_tidemark";
    cluster.sql(
        "CREATE ROLE %s LOGIN CREATEROLE PASSWORD 'keeper-secret'".formatted(tidemark),
        "CREATE DATABASE %s OWNER %s".formatted(database, tidemark));
    PostgresSession session = open(cluster, database, tidemark, secret(secrets, "keeper-secret"));
    StateSchema.install(session, "tidemark");
    List.of(
            "CREATE SCHEMA school",
            "CREATE TABLE tidemark.secret_request (id int)",
            "CREATE TABLE school.orders (id int PRIMARY KEY, total int)",
            "INSERT INTO school.orders SELECT i, i FROM generate_series(1, 1000) i")
        .forEach(session::execute);
    return new AnalystWorld(cluster, database, secrets, session);
  }

  String group() {
    return database + "_analysts";
  }

  /** The name of a role of this database. */
  String role(String name) {
    return database + "_" + name;
  }

  Analysts analysts() {
    return new Analysts(session, "tidemark", group(), List.of("school", "not_there_yet"));
  }

  AnalystViews views() {
    return new AnalystViews(session, "tidemark", group());
  }

  /** A session of somebody in this database. */
  PostgresSession as(String user, String password) {
    return open(cluster, database, user, secret(secrets, password));
  }

  /** Tidemark's, once more. */
  PostgresSession another() {
    return as(role("tidemark"), "keeper-secret");
  }

  PostgresSession asSuperuser() {
    return as("postgres", "root-secret");
  }

  /** An analyst whose password is {@code <name>-secret}; the role's name. */
  String add(String name) {
    SecretFile password = secret(secrets, name + "-secret");
    return analysts().add(role(name), AnalystOptions.defaults().withPassword(password)).name();
  }

  /** A session of an analyst that {@link #add} has made. */
  PostgresSession asAnalyst(String name) {
    return as(role(name), name + "-secret");
  }

  static SecretFile secret(Path directory, String content) {
    try {
      Path file = Files.createTempFile(directory, "secret", "");
      Files.writeString(file, content);
      return new SecretFile(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static PostgresSession open(
      TestCluster cluster, String database, String user, SecretFile password) {
    HostPort host = new HostPort(cluster.host(), cluster.port());
    return PostgresSession.open(
        PostgresEndpoint.to(host, database, user)
            .withUser(user, new PasswordSource.PasswordFile(password))
            .withTimeouts(Duration.ofSeconds(10), Duration.ofSeconds(30)));
  }

  @Override
  public void close() {
    session.close();
  }
}
