package io.tidemark.testing;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** One client of a {@link Workload}, on a thread of its own. */
final class WorkloadWorker implements Runnable {
  private static final long RECONNECT_MILLIS = 50;

  private final int number;
  private final WorkloadBuilder settings;
  private final Workload workload;
  private final CountDownLatch awake = new CountDownLatch(1);
  private volatile @Nullable SQLException failure;

  WorkloadWorker(int number, WorkloadBuilder settings, Workload workload) {
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
      try (Connection connection = workload.connect()) {
        work(connection);
        return;
      } catch (SQLException e) {
        if (settings.survivesOutages) {
          await(RECONNECT_MILLIS * 1_000_000);
        } else {
          failure = e;
        }
      }
    }
  }

  /** Goes on after the last number in the ledger: a commit in doubt is there or it is not. */
  private void work(Connection connection) throws SQLException {
    long seq = lastSeq(connection) + 1;
    long interval =
        (long) (TimeUnit.SECONDS.toNanos(1) * settings.threads / settings.transactionsPerSecond);
    long due = System.nanoTime();
    try (WorkloadTransaction transaction = new WorkloadTransaction(connection, number, settings)) {
      while (!workload.isStopped() && seq <= settings.transactionsPerThread) {
        workload.turn().lock();
        try {
          workload.acknowledge(transaction.run(seq++));
        } finally {
          workload.turn().unlock();
        }
        due += interval;
        await(due - System.nanoTime());
      }
    }
  }

  private long lastSeq(Connection connection) throws SQLException {
    String query = "SELECT coalesce(max(seq), 0) FROM workload.ledger WHERE worker = " + number;
    try (Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(query)) {
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
