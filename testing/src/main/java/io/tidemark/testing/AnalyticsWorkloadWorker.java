package io.tidemark.testing;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Lock;
import org.jspecify.annotations.Nullable;

/**
 * One client of an {@link AnalyticsWorkload}, on a thread of its own. When the server goes away it
 * connects again, and finds out by the ledger what became of the commit in doubt. Any other error
 * ends it.
 */
final class AnalyticsWorkloadWorker implements Runnable {
  private static final long RECONNECT_NANOS = TimeUnit.MILLISECONDS.toNanos(50);
  private static final long OUTAGE_LIMIT_NANOS = TimeUnit.MINUTES.toNanos(5);

  private final int number;
  private final AnalyticsWorkloadBuilder settings;
  private final AnalyticsWorkload workload;
  private final CountDownLatch awake = new CountDownLatch(1);
  private long workedLast = System.nanoTime();
  private volatile @Nullable SQLException failure;

  AnalyticsWorkloadWorker(
      int number, AnalyticsWorkloadBuilder settings, AnalyticsWorkload workload) {
    this.number = number;
    this.settings = settings;
    this.workload = workload;
  }

  int number() {
    return number;
  }

  @Nullable SQLException failure() {
    return failure;
  }

  /** Ends the waiting between two transactions. */
  void wake() {
    awake.countDown();
  }

  @Override
  public void run() {
    while (!workload.isStopped() && failure == null) {
      try (Connection connection = workload.connect();
          Statement statement = connection.createStatement()) {
        work(statement);
        return;
      } catch (SQLException e) {
        if (mayPass(e) && System.nanoTime() - workedLast < OUTAGE_LIMIT_NANOS) {
          await(RECONNECT_NANOS);
        } else {
          failure = e;
        }
      }
    }
  }

  /** The connection broke, the server shuts down or starts, or it resolved a deadlock. */
  private static boolean mayPass(SQLException e) {
    String state = e.getSQLState();
    return state != null
        && (state.startsWith("08") || state.startsWith("57P") || state.startsWith("40"));
  }

  private void work(Statement statement) throws SQLException {
    statement.execute(AnalyticsWorkloadTables.searchPath(settings.schema));
    // A session that was cut off may still be committing: its end is awaited.
    statement.execute("SET lock_timeout = '5min'");
    statement.execute("SELECT pg_advisory_lock(72105, %d)".formatted(number));
    long seq = lastSeq(statement);
    workload.known(number, seq);
    long interval =
        (long) (TimeUnit.SECONDS.toNanos(1) * settings.threads / settings.transactionsPerSecond);
    long due = System.nanoTime();
    while (!workload.isStopped() && seq < settings.transactionsPerThread) {
      transact(statement, ++seq);
      workedLast = System.nanoTime();
      due += interval;
      await(due - System.nanoTime());
    }
  }

  private void transact(Statement statement, long seq) throws SQLException {
    AnalyticsWorkloadTransaction.Plan plan = workload.plan(number, seq);
    Lock turn = workload.turn(plan.alone());
    turn.lock();
    try {
      if (workload.isStopped()) {
        return;
      }
      if (plan.rolledBackBefore()) {
        execute(statement, plan.statements());
        statement.execute("ROLLBACK");
      }
      execute(statement, plan.statements());
      statement.execute("COMMIT");
      workload.acknowledge(number, seq);
    } finally {
      turn.unlock();
    }
  }

  private static void execute(Statement statement, List<String> statements) throws SQLException {
    statement.execute("BEGIN;\n" + String.join(";\n", statements));
  }

  private long lastSeq(Statement statement) throws SQLException {
    String query = "SELECT coalesce(max(seq), 0) FROM ledger WHERE worker = " + number;
    try (ResultSet row = statement.executeQuery(query)) {
      row.next();
      return row.getLong(1);
    }
  }

  private void await(long nanos) {
    try {
      if (awake.await(nanos, TimeUnit.NANOSECONDS)) {
        return;
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      failure = new SQLException("interrupted", e);
    }
  }
}
