package io.tidemark.bench;

import io.tidemark.testing.TestCluster;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/** Replication slots of the server that is measured. */
final class Slots {
  private static final Duration LIMIT = Duration.ofMinutes(20);
  private static final long PAUSE_MILLIS = 20;

  private Slots() {}

  /** Waits until a consumer has reported that it has flushed everything up to a position. */
  static void awaitFlushed(TestCluster cluster, String slot, String lsn, Process consumer) {
    String sql =
        "SELECT restart_lsn >= ?::pg_lsn AND active FROM pg_replication_slots WHERE slot_name = ?";
    awaitTrue(cluster, sql, consumer::isAlive, lsn, slot);
  }

  /**
   * Waits until a query says true.
   *
   * @param needed what must live on meanwhile
   */
  static void awaitTrue(
      TestCluster cluster, String sql, BooleanSupplier needed, String... parameters) {
    try (Connection connection = cluster.connect();
        PreparedStatement statement = connection.prepareStatement(sql)) {
      for (int i = 0; i < parameters.length; i++) {
        statement.setString(i + 1, parameters[i]);
      }
      long deadline = System.nanoTime() + LIMIT.toNanos();
      while (!isTrue(statement)) {
        if (!needed.getAsBoolean() || System.nanoTime() - deadline > 0) {
          throw new IllegalStateException("in vain: " + statement);
        }
        TimeUnit.MILLISECONDS.sleep(PAUSE_MILLIS);
      }
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted", e);
    }
  }

  /** Drops it, if it is there. */
  static void drop(TestCluster cluster, String slot) {
    cluster.sql(
        "SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE slot_name = '%s'"
            .formatted(slot));
  }

  private static boolean isTrue(PreparedStatement statement) throws SQLException {
    try (ResultSet result = statement.executeQuery()) {
      return result.next() && result.getBoolean(1);
    }
  }
}
