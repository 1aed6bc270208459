package io.tidemark.testing;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Clients of a cluster that write all the time: rows with keys, text, jsonb and bytea, now and then
 * a large transaction, a rollback, a TRUNCATE, an index. What a transaction does follows from seed,
 * thread and number alone. Every transaction that commits has one row in {@code workload.ledger},
 * numbered without gaps per thread, so that a restored cluster can be asked what it lacks.
 *
 * <pre>{@code
 * try (Workload workload = Workload.on(cluster).seed(7).rate(200).start()) {
 *   Workload.Snapshot then = workload.snapshot();
 *   …
 * }
 * // restored to then.lsn():
 * assertThat(ClusterContent.of(restored).differences(then.content())).isEmpty();
 * }</pre>
 */
public final class Workload implements AutoCloseable {
  /** Number of the thread under which the ledger has the marker rows of snapshots. */
  static final int MARKER = 0;

  /**
   * A commit that the server has acknowledged.
   *
   * @param worker the thread, from 1
   * @param seq its number there, from 1
   * @param xid transaction id with epoch
   * @param lsn a position at or after the end of the commit record
   */
  public record Acknowledged(int worker, long seq, long xid, String lsn) {}

  /**
   * What the cluster held at a moment when nobody wrote, and how to name that moment to a restore.
   * A later commit exists, so that recovery to {@code time} can end.
   *
   * @param lsn position right after the marker's commit, as recovery_target_lsn
   * @param xid the marker transaction, the last before the moment, as recovery_target_xid
   * @param time after the marker's commit and before the next one, as recovery_target_time (which
   *     knows no {@code Z} when it is read at the start of a server: write {@code +00})
   * @param commitTime of the marker as PostgreSQL recorded it; null without track_commit_timestamp
   * @param acknowledged the last acknowledged commit of each thread
   */
  public record Snapshot(
      String lsn,
      long xid,
      Instant time,
      @Nullable Instant commitTime,
      Map<Integer, Acknowledged> acknowledged,
      ClusterContent content) {}

  private static final int PAUSE_SECONDS = 60;
  private static final int POLL_MILLIS = 5;
  private static final Duration AWAIT_LIMIT = Duration.ofMinutes(2);

  private final WorkloadBuilder settings;
  private final List<WorkloadWorker> workers = new ArrayList<>();
  private final List<Thread> threads = new ArrayList<>();
  private final AtomicLong committed = new AtomicLong();
  private final ConcurrentMap<Integer, Acknowledged> acknowledged = new ConcurrentHashMap<>();
  private volatile @Nullable Acknowledged last;

  /** Workers hold the reading side during a transaction, a snapshot the writing side. */
  private final ReentrantReadWriteLock gate = new ReentrantReadWriteLock(true);

  private volatile boolean stopped;

  Workload(WorkloadBuilder settings) {
    this.settings = settings;
  }

  /** Begins the description of a workload. */
  public static WorkloadBuilder on(TestCluster cluster) {
    return new WorkloadBuilder(cluster);
  }

  void begin() {
    try (Connection connection = connect();
        Statement statement = connection.createStatement()) {
      statement.execute(WorkloadTables.create(settings.threads));
    } catch (SQLException e) {
      throw new IllegalStateException("cannot create the workload's tables", e);
    }
    for (int number = 1; number <= settings.threads; number++) {
      WorkloadWorker worker = new WorkloadWorker(number, settings, this);
      workers.add(worker);
      threads.add(Thread.ofPlatform().daemon().name("workload-" + number).start(worker));
    }
  }

  /** Transactions acknowledged since the start, of all threads. */
  public long committed() {
    return committed.get();
  }

  /** The last acknowledged commit of each thread that has one, by thread number. */
  public Map<Integer, Acknowledged> acknowledged() {
    return Map.copyOf(acknowledged);
  }

  /** The commit acknowledged last, of all threads; empty before the first. */
  public Optional<Acknowledged> lastAcknowledged() {
    return Optional.ofNullable(last);
  }

  /**
   * Waits until so many more transactions have been acknowledged; a failed thread is thrown, and an
   * IllegalStateException when it takes two minutes.
   */
  public void awaitMore(long transactions) {
    long goal = committed() + transactions;
    await("only %d of %d transactions".formatted(committed(), goal), () -> committed() >= goal);
  }

  /** Waits until every thread has done its number of transactions; as {@link #awaitMore}. */
  public void awaitEnd() {
    await("threads still work", () -> threads.stream().noneMatch(Thread::isAlive));
  }

  /**
   * Lets every transaction end, and none begin; {@link #resume} goes on. Same thread for both.
   * IllegalStateException when a transaction does not end within a minute.
   */
  public void pause() {
    try {
      if (!gate.writeLock().tryLock(PAUSE_SECONDS, TimeUnit.SECONDS)) {
        throw new IllegalStateException("a transaction runs for " + PAUSE_SECONDS + " s");
      }
    } catch (InterruptedException e) {
      throw interrupted(e);
    }
  }

  /** Goes on after {@link #pause}. */
  public void resume() {
    gate.writeLock().unlock();
  }

  /** The cluster's whole content at a moment between two transactions. Works when stopped too. */
  public Snapshot snapshot() {
    pause();
    try (Connection connection = connect();
        Statement statement = connection.createStatement()) {
      Marker marker = Marker.commit(statement);
      ClusterContent content = ClusterContent.of(settings.cluster);
      // Recovery to a time ends at the first commit after it, so there must be one.
      Marker.commit(statement);
      return new Snapshot(
          marker.lsn, marker.xid, marker.time, marker.commitTime, acknowledged(), content);
    } catch (SQLException e) {
      throw new IllegalStateException("no snapshot", e);
    } finally {
      resume();
    }
  }

  /** Ends the threads after their transaction; throws what made one end early. May be repeated. */
  public void stop() {
    end();
    throwFailure();
  }

  /** As {@link #stop}, but failures are not thrown: they were to be had before. */
  @Override
  public void close() {
    end();
  }

  /**
   * How many numbered transactions of each thread the cluster's ledger has; IllegalStateException
   * if a number is missing in between, which would be a lost transaction under a kept one.
   */
  public static Map<Integer, Long> ledger(TestCluster cluster) {
    String query = "SELECT worker, count(*), max(seq) FROM workload.ledger GROUP BY worker";
    Map<Integer, Long> counts = new TreeMap<>();
    for (List<@Nullable String> row : cluster.rows(query)) {
      if (!String.valueOf(row.get(1)).equals(row.get(2))) {
        throw new IllegalStateException("gap in the ledger: worker, rows, last number: " + row);
      }
      counts.put(
          Integer.valueOf(String.valueOf(row.get(0))), Long.valueOf(String.valueOf(row.get(1))));
    }
    return counts;
  }

  /** One line per thread whose acknowledged commits are not all in the cluster's ledger. */
  public static List<String> missing(Map<Integer, Acknowledged> acknowledged, TestCluster cluster) {
    Map<Integer, Long> there = ledger(cluster);
    return acknowledged.values().stream()
        .filter(commit -> there.getOrDefault(commit.worker(), 0L) < commit.seq())
        .map(commit -> "ledger ends at %s before %s".formatted(there.get(commit.worker()), commit))
        .toList();
  }

  Connection connect() throws SQLException {
    return DriverManager.getConnection(
        settings.jdbcUrl, settings.cluster.user(), settings.cluster.password());
  }

  boolean isStopped() {
    return stopped;
  }

  ReentrantReadWriteLock.ReadLock turn() {
    return gate.readLock();
  }

  void acknowledge(Acknowledged commit) {
    acknowledged.put(commit.worker(), commit);
    last = commit;
    committed.incrementAndGet();
  }

  private void end() {
    stopped = true;
    while (gate.isWriteLockedByCurrentThread()) {
      resume(); // what failed during a pause must not keep the threads from ending
    }
    workers.forEach(WorkloadWorker::wake);
    for (Thread thread : threads) {
      try {
        thread.join();
      } catch (InterruptedException e) {
        throw interrupted(e);
      }
    }
  }

  private void throwFailure() {
    for (WorkloadWorker worker : workers) {
      SQLException failure = worker.failure();
      if (failure != null) {
        throw new IllegalStateException("workload thread " + worker.number() + " failed", failure);
      }
    }
  }

  private void await(String otherwise, BooleanSupplier condition) {
    long deadline = System.nanoTime() + AWAIT_LIMIT.toNanos();
    while (!condition.getAsBoolean()) {
      throwFailure();
      if (System.nanoTime() - deadline > 0) {
        throw new IllegalStateException(otherwise + " after " + AWAIT_LIMIT);
      }
      try {
        TimeUnit.MILLISECONDS.sleep(POLL_MILLIS);
      } catch (InterruptedException e) {
        throw interrupted(e);
      }
    }
    throwFailure();
  }

  private static IllegalStateException interrupted(InterruptedException e) {
    Thread.currentThread().interrupt();
    return new IllegalStateException("interrupted", e);
  }

  /** A transaction of its own, whose place in the log is known exactly while nobody else writes. */
  private record Marker(String lsn, long xid, Instant time, @Nullable Instant commitTime) {
    static Marker commit(Statement statement) throws SQLException {
      // A commit returns when it is flushed on the primary, whatever the session's default is.
      statement.execute("SET synchronous_commit = local");
      long xid;
      try (ResultSet row = statement.executeQuery(WorkloadTables.MARK)) {
        row.next();
        xid = row.getLong(1);
      }
      try (ResultSet row = statement.executeQuery(WorkloadTables.marked(xid))) {
        row.next();
        return new Marker(row.getString(1), xid, instant(row, 2), nullableInstant(row, 3));
      }
    }

    private static Instant instant(ResultSet row, int column) throws SQLException {
      return row.getObject(column, OffsetDateTime.class).toInstant();
    }

    private static @Nullable Instant nullableInstant(ResultSet row, int column)
        throws SQLException {
      return row.getObject(column) == null ? null : instant(row, column);
    }
  }
}
