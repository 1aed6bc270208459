package io.tidemark.demo;

import io.tidemark.config.ErrorCode;
import io.tidemark.config.TidemarkException;
import io.tidemark.postgres.Lsn;
import io.tidemark.testing.TestCluster;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Measures how long what is committed waits until it is durable in the repository, by what the
 * primary itself says: where its WAL ends, and what Tidemark has acknowledged (flush_lsn of
 * pg_stat_replication). Owns a thread and a connection.
 */
final class DurabilityMeter implements AutoCloseable {
  private static final long PERIOD_MILLIS = 25;
  private static final int MOST_MARKS = 20_000;
  private static final long END_MILLIS = 5_000;
  private static final String QUESTION =
      "SELECT pg_current_wal_flush_lsn()::text,"
          + " (SELECT flush_lsn::text FROM pg_stat_replication WHERE application_name = ?)";

  /** All WAL before {@code lsn} that no earlier mark covers was written after {@code since}. */
  private record Mark(Lsn lsn, long since) {}

  private final Deque<Mark> waiting = new ArrayDeque<>();
  private final Thread thread;
  private volatile boolean ending;
  private long last = System.nanoTime();
  private Lsn written = Lsn.ZERO;
  private Lsn acknowledged = Lsn.ZERO;
  private double worst;
  private double sum;
  private long samples;
  private @Nullable SQLException failure;

  private DurabilityMeter(TestCluster primary) {
    thread = Thread.ofVirtual().name("durability").unstarted(() -> measure(primary));
  }

  static DurabilityMeter of(TestCluster primary) {
    DurabilityMeter meter = new DurabilityMeter(primary);
    meter.thread.start();
    return meter;
  }

  /** Forgets what was measured: now it begins. */
  synchronized void begin() {
    waiting.clear();
    worst = 0;
    sum = 0;
    samples = 0;
  }

  /** What was measured; the worst includes what waits now. */
  synchronized DemoReport.Rpo report() {
    Mark oldest = waiting.peek();
    double now = oldest == null ? 0 : secondsSince(oldest.since());
    double mean = samples == 0 ? 0 : sum / samples;
    return new DemoReport.Rpo(Units.rounded(Math.max(worst, now)), Units.rounded(mean), samples);
  }

  /** Waits until all WAL before a position is durable in the repository. */
  synchronized void await(Lsn lsn, Duration limit, DaemonProcess daemon) {
    long deadline = System.nanoTime() + limit.toNanos();
    try {
      while (acknowledged.compareTo(lsn) < 0) {
        daemon.requireRunning();
        if (failure != null) {
          throw new IllegalStateException("the primary cannot be asked: " + failure, failure);
        }
        if (System.nanoTime() > deadline) {
          throw new TidemarkException(
              ErrorCode.TIMED_OUT,
              "the daemon has acknowledged %s after %s; expected %s; its log says:%n%s"
                  .formatted(acknowledged, limit, lsn, Program.tail(daemon.log())),
              "");
        }
        wait(PERIOD_MILLIS * 4);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new TidemarkException(ErrorCode.INTERRUPTED, "the demo was interrupted", "", e);
    }
  }

  @Override
  public void close() {
    ending = true;
    try {
      thread.join(END_MILLIS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void measure(TestCluster primary) {
    try (Connection connection = primary.connect();
        PreparedStatement question = connection.prepareStatement(QUESTION)) {
      question.setString(1, Settings.APPLICATION);
      while (!ending) {
        ask(question);
        TimeUnit.MILLISECONDS.sleep(PERIOD_MILLIS);
      }
    } catch (SQLException e) {
      fail(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void ask(PreparedStatement question) throws SQLException {
    long asked = System.nanoTime();
    try (ResultSet row = question.executeQuery()) {
      row.next();
      String flushed = row.getString(2);
      step(asked, Lsn.parse(row.getString(1)), flushed == null ? Lsn.ZERO : Lsn.parse(flushed));
    }
  }

  /** WAL that is new since the last question may be as old as that question. */
  private synchronized void step(long asked, Lsn end, Lsn durable) {
    if (end.compareTo(written) > 0 && waiting.size() < MOST_MARKS) {
      waiting.add(new Mark(end, last));
      written = end;
    }
    last = asked;
    acknowledged = Lsn.max(acknowledged, durable);
    for (Mark mark = waiting.peek();
        mark != null && mark.lsn().compareTo(acknowledged) <= 0;
        mark = waiting.peek()) {
      waiting.remove();
      double seconds = secondsSince(mark.since());
      worst = Math.max(worst, seconds);
      sum += seconds;
      samples++;
    }
    notifyAll();
  }

  private synchronized void fail(SQLException e) {
    if (!ending) {
      failure = e;
      notifyAll();
    }
  }

  private static double secondsSince(long nanos) {
    return (System.nanoTime() - nanos) / 1e9;
  }
}
