package io.tidemark.bench;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Commits a row at the source every 100 ms, and looks every 5 ms which the target shows: the age of
 * each when it was first seen, from before its commit was asked for.
 */
final class Probe {
  private static final int COMMIT_MILLIS = 100;
  private static final int LOOK_MILLIS = 5;

  private final Db source;
  private final Db target;
  private final String shown;
  private final long before;
  private final CountDownLatch closing = new CountDownLatch(1);
  private final List<Long> committedNanos = new ArrayList<>();
  private final List<Double> ages = new ArrayList<>();
  private @Nullable SQLException failure;

  /**
   * @param table the name that the probe's table has in the target
   */
  Probe(Db source, Db target, String table) {
    this.source = source;
    this.target = target;
    this.shown = "SELECT coalesce(max(id), 0) FROM " + table;
    this.before = source.number("SELECT coalesce(max(id), 0) FROM " + AnalyticsApp.PROBE);
  }

  /** Probes for so long, and then until all that was committed is seen. Ages in seconds, sorted. */
  List<Double> run(int seconds) {
    Thread commits = Thread.ofPlatform().name("probe commits").start(() -> guard(this::commit));
    Thread looks = Thread.ofPlatform().name("probe looks").start(() -> guard(this::look));
    try {
      TimeUnit.SECONDS.sleep(seconds);
      closing.countDown();
      commits.join();
      looks.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted", e);
    }
    return result();
  }

  private synchronized List<Double> result() {
    if (failure != null) {
      throw new IllegalStateException("the probe failed", failure);
    }
    return ages.stream().sorted().toList();
  }

  /** An age that so great a part of all is not above; 1 gives the highest. */
  static double quantile(List<Double> sorted, double part) {
    return sorted.get(Math.max(0, (int) Math.ceil(part * sorted.size()) - 1));
  }

  private interface Work {
    void run() throws SQLException, InterruptedException;
  }

  private void guard(Work work) {
    try {
      work.run();
    } catch (SQLException e) {
      fail(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private synchronized void fail(SQLException e) {
    failure = e;
    closing.countDown();
  }

  private void commit() throws SQLException, InterruptedException {
    try (Connection connection = source.connect();
        PreparedStatement insert =
            connection.prepareStatement(
                "INSERT INTO " + AnalyticsApp.PROBE + " VALUES (?, clock_timestamp())")) {
      do {
        insert.setLong(1, before + begin());
        insert.execute();
      } while (!closing.await(COMMIT_MILLIS, TimeUnit.MILLISECONDS));
    }
  }

  private synchronized int begin() {
    committedNanos.add(System.nanoTime());
    return committedNanos.size();
  }

  private void look() throws SQLException, InterruptedException {
    try (Connection connection = target.connect();
        PreparedStatement select = connection.prepareStatement(shown)) {
      long seen = 0;
      while (!seenAll(seen)) {
        TimeUnit.MILLISECONDS.sleep(LOOK_MILLIS);
        try (ResultSet result = select.executeQuery()) {
          result.next();
          seen = see(result.getLong(1) - before);
        }
      }
    }
  }

  /** False while more will be committed; true at once where a commit failed. */
  private synchronized boolean seenAll(long seen) {
    return failure != null || (closing.getCount() == 0 && seen == committedNanos.size());
  }

  private synchronized long see(long highest) {
    long now = System.nanoTime();
    while (ages.size() < highest) {
      ages.add((now - committedNanos.get(ages.size())) / 1e9);
    }
    return highest;
  }
}
