package io.tidemark.bench;

import io.tidemark.testing.TestCluster;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.function.BooleanSupplier;

/** One database of a server, as superuser. Its failures are IllegalStateException. */
record Db(TestCluster cluster, String name) {

  /** An empty one; what was there before is dropped. */
  static Db create(TestCluster cluster, String name) {
    cluster.sql("DROP DATABASE IF EXISTS " + name + " WITH (FORCE)", "CREATE DATABASE " + name);
    return new Db(cluster, name);
  }

  void sql(String... statements) {
    try (Connection connection = connect();
        Statement statement = connection.createStatement()) {
      for (String sql : statements) {
        statement.execute(sql);
      }
    } catch (SQLException e) {
      throw new IllegalStateException(String.join("; ", statements), e);
    }
  }

  /** The first column of the first row, as text. */
  String value(String query) {
    try (Connection connection = connect();
        Statement statement = connection.createStatement()) {
      return value(statement, query);
    } catch (SQLException e) {
      throw new IllegalStateException(query, e);
    }
  }

  long number(String query) {
    return Long.parseLong(value(query));
  }

  /** Waits until a query gives a text, asking on one connection. */
  void awaitValue(String expected, String query) {
    awaitValue(expected, query, () -> true);
  }

  /**
   * As above.
   *
   * @param needed what must be so meanwhile
   */
  void awaitValue(String expected, String query, BooleanSupplier needed) {
    try (Connection connection = connect();
        Statement statement = connection.createStatement()) {
      Await.until(
          query + " gives " + expected,
          () -> {
            if (!needed.getAsBoolean()) {
              throw new IllegalStateException("a program ended before " + query);
            }
            try {
              return expected.equals(value(statement, query));
            } catch (SQLException e) {
              throw new IllegalStateException(query, e);
            }
          });
    } catch (SQLException e) {
      throw new IllegalStateException(query, e);
    }
  }

  Connection connect() throws SQLException {
    return DriverManager.getConnection(cluster.jdbc(name), cluster.user(), null);
  }

  /** As libpq is told where it is. */
  String conninfo() {
    return "host=127.0.0.1 port=%d user=%s dbname=%s"
        .formatted(cluster.port(), cluster.user(), name);
  }

  private static String value(Statement statement, String query) throws SQLException {
    try (ResultSet result = statement.executeQuery(query)) {
      if (!result.next()) {
        return "";
      }
      String value = result.getString(1);
      return value == null ? "" : value;
    }
  }
}
