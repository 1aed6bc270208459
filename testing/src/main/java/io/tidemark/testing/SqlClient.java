package io.tidemark.testing;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Properties;
import org.jspecify.annotations.Nullable;

/**
 * Asks a server by SQL, on a new connection each time. All but {@link #connect} throw
 * IllegalStateException with the statement.
 *
 * @param password null where the connection is trusted
 */
record SqlClient(String jdbc, String user, @Nullable String password) {

  Connection connect() throws SQLException {
    Properties properties = new Properties();
    properties.setProperty("user", user);
    properties.setProperty("connectTimeout", "10");
    if (password != null) {
      properties.setProperty("password", password);
    }
    return DriverManager.getConnection(jdbc, properties);
  }

  void execute(String... statements) {
    try (Connection connection = connect();
        Statement statement = connection.createStatement()) {
      for (String sql : statements) {
        statement.execute(sql);
      }
    } catch (SQLException e) {
      throw new IllegalStateException(e.getMessage() + " in " + Arrays.toString(statements), e);
    }
  }

  List<List<@Nullable String>> rows(String query) {
    try (Connection connection = connect();
        Statement statement = connection.createStatement();
        ResultSet result = statement.executeQuery(query)) {
      List<List<@Nullable String>> rows = new ArrayList<>();
      while (result.next()) {
        List<@Nullable String> row = new ArrayList<>();
        for (int i = 1; i <= result.getMetaData().getColumnCount(); i++) {
          row.add(result.getString(i));
        }
        rows.add(row);
      }
      return rows;
    } catch (SQLException e) {
      throw new IllegalStateException(e.getMessage() + " in " + query, e);
    }
  }

  String value(String query) {
    List<List<@Nullable String>> rows = rows(query);
    String value = rows.size() == 1 ? rows.getFirst().getFirst() : null;
    if (value == null) {
      throw new IllegalStateException("expected one value, got " + rows + " from " + query);
    }
    return value;
  }
}
