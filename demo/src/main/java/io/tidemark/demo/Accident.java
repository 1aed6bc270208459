package io.tidemark.demo;

import io.tidemark.postgres.Lsn;
import io.tidemark.testing.ClusterContent;
import io.tidemark.testing.TestCluster;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;

/**
 * A table dropped by mistake.
 *
 * @param xid the transaction that did it
 * @param at by the primary's clock, just before it was committed
 * @param end of the primary's WAL, just after it was committed
 * @param before what the primary held just before it was committed
 */
record Accident(long xid, Instant at, Lsn end, ClusterContent before) {
  static final String STATEMENT = "DROP TABLE orders";

  /**
   * Lets it happen. The transaction holds off all other writers before it drops, so that what is
   * read meanwhile is exactly what was committed before it.
   */
  static Accident happenTo(TestCluster primary) {
    try (Connection connection = primary.connect();
        Statement statement = connection.createStatement()) {
      connection.setAutoCommit(false);
      statement.execute("LOCK TABLE products, orders, customers IN SHARE ROW EXCLUSIVE MODE");
      ClusterContent before = ClusterContent.of(primary);
      statement.execute(STATEMENT);
      long xid = Long.parseLong(first(statement, "SELECT pg_current_xact_id()::text"));
      double at =
          Double.parseDouble(first(statement, "SELECT extract(epoch FROM clock_timestamp())"));
      connection.commit();
      Lsn end = Lsn.parse(first(statement, "SELECT pg_current_wal_insert_lsn()::text"));
      connection.commit();
      return new Accident(xid, Instant.ofEpochMilli((long) (at * 1000)), end, before);
    } catch (SQLException e) {
      throw new IllegalStateException("the accident failed: " + e.getMessage(), e);
    }
  }

  DemoReport.Mishap report() {
    return new DemoReport.Mishap(STATEMENT, xid, at.toString(), end.toString());
  }

  private static String first(Statement statement, String query) throws SQLException {
    try (ResultSet row = statement.executeQuery(query)) {
      row.next();
      return row.getString(1);
    }
  }
}
