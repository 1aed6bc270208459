package io.tidemark.testing;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * What the permanent user tables of a cluster hold, as a digest of each that does not depend on the
 * order of rows. Two contents are equal when every table has the same rows. Sequences are left out:
 * they run ahead after a crash. So are unlogged and temporary tables, which recovery empties.
 *
 * @param tables by {@code database/schema.table}
 */
public record ClusterContent(Map<String, Digest> tables) {
  /**
   * One table's rows.
   *
   * @param rows how many
   * @param sum the sum of the 64-bit hashes of the rows' text
   */
  public record Digest(long rows, String sum) {}

  static final List<String> ONE_REPRESENTATION =
      List.of(
          "SET timezone = 'UTC'",
          "SET datestyle = 'ISO'",
          "SET intervalstyle = 'postgres'",
          "SET bytea_output = 'hex'",
          "SET extra_float_digits = 1",
          "SET quote_all_identifiers = off",
          "SET transaction_read_only = on",
          "SET lock_timeout = '30s'");

  public ClusterContent {
    tables = Map.copyOf(tables);
  }

  /** Of every database that can be connected to; each in one snapshot of its own. */
  public static ClusterContent of(TestCluster cluster) {
    Map<String, Digest> all = new TreeMap<>();
    for (List<@Nullable String> row :
        cluster.rows("SELECT datname FROM pg_database WHERE datallowconn AND NOT datistemplate")) {
      String database = String.valueOf(row.getFirst());
      all.putAll(of(cluster.jdbc(database), cluster.user(), cluster.password()).tables);
    }
    return new ClusterContent(all);
  }

  /** Of one database, in one snapshot. */
  public static ClusterContent of(String jdbcUrl, String user, @Nullable String password) {
    try (Connection connection = DriverManager.getConnection(jdbcUrl, user, password)) {
      connection.setAutoCommit(false);
      connection.setTransactionIsolation(Connection.TRANSACTION_REPEATABLE_READ);
      try (Statement statement = connection.createStatement()) {
        return read(statement, connection.getCatalog());
      }
    } catch (SQLException e) {
      throw new IllegalStateException("cannot read what " + jdbcUrl + " holds", e);
    }
  }

  /** One readable line per table that differs; empty when there is none. */
  public List<String> differences(ClusterContent other) {
    Set<String> names = new TreeSet<>(tables.keySet());
    names.addAll(other.tables.keySet());
    return names.stream()
        .filter(name -> !same(tables.get(name), other.tables.get(name)))
        .map(name -> name + ": " + compare(tables.get(name), other.tables.get(name)))
        .toList();
  }

  /** All rows of all tables. */
  public long rows() {
    return tables.values().stream().mapToLong(Digest::rows).sum();
  }

  private static boolean same(@Nullable Digest one, @Nullable Digest another) {
    return one != null && one.equals(another);
  }

  private static String compare(@Nullable Digest here, @Nullable Digest there) {
    if (here == null || there == null) {
      return here == null ? "missing here" : "missing there";
    }
    return here.rows == there.rows
        ? here.rows + " rows in both, of different content"
        : here.rows + " rows here, " + there.rows + " there";
  }

  private static ClusterContent read(Statement statement, String database) throws SQLException {
    for (String setting : ONE_REPRESENTATION) {
      statement.execute(setting);
    }
    Map<String, Digest> digests = new TreeMap<>();
    for (String table : userTables(statement)) {
      digests.put(database + "/" + table, digest(statement, table));
    }
    return new ClusterContent(digests);
  }

  private static List<String> userTables(Statement statement) throws SQLException {
    String query =
        """
        SELECT format('%I.%I', n.nspname, c.relname)
          FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
         WHERE c.relkind IN ('r', 'm') AND c.relpersistence = 'p'
           AND n.nspname NOT IN ('pg_catalog', 'information_schema')
         ORDER BY 1
        """;
    List<String> tables = new ArrayList<>();
    try (ResultSet result = statement.executeQuery(query)) {
      while (result.next()) {
        tables.add(result.getString(1));
      }
    }
    return tables;
  }

  private static Digest digest(Statement statement, String table) throws SQLException {
    String query =
        "SELECT count(*), coalesce(sum(hashtextextended(t::text, 0)::numeric), 0)::text FROM ONLY "
            + table
            + " AS t";
    try (ResultSet result = statement.executeQuery(query)) {
      result.next();
      return new Digest(result.getLong(1), result.getString(2));
    }
  }
}
