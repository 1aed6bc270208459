package io.tidemark.testing;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.BooleanSupplier;

/**
 * Clients of a source database that write all the time what an analytics pipeline finds hard:
 * changed and exchanged keys, rows that move between partitions, values out of line that an update
 * leaves alone, tables with REPLICA IDENTITY FULL and without any key, TRUNCATE, rollbacks,
 * savepoints, large transactions, schema changes where asked for. The tables are ledger, tally,
 * accounts, customers, orders, order_lines, events, readings, notes and log. What a transaction
 * does follows from seed, thread and number alone.
 *
 * <p>Whether a target shows whole transactions, {@link AnalyticsInvariants} finds out: each writes
 * its number to ledger and tally and moves money between accounts, whose sum never changes.
 *
 * <p>Personal values stand in customers (email, name, phone), notes (author) and log (contact);
 * each contains a token that begins with {@link #plantedPrefix}.
 *
 * <p>Survives restarts and kills of the server: a commit in doubt is looked up in the ledger.
 */
public final class AnalyticsWorkload implements AutoCloseable {
  private static final int PAUSE_SECONDS = 300;
  private static final int POLL_MILLIS = 5;
  private static final Duration AWAIT_LIMIT = Duration.ofMinutes(2);

  private final AnalyticsWorkloadBuilder settings;
  private final AnalyticsPersonalValues persons;
  private final SqlClient client;
  private final List<AnalyticsWorkloadWorker> workers = new ArrayList<>();
  private final List<Thread> threads = new ArrayList<>();
  private final AtomicLong committed = new AtomicLong();
  private final ConcurrentMap<Integer, Long> acknowledged = new ConcurrentHashMap<>();

  /** Workers hold the reading side during a transaction, a pause the writing side. */
  private final ReentrantReadWriteLock gate = new ReentrantReadWriteLock(true);

  private volatile boolean stopped;

  AnalyticsWorkload(AnalyticsWorkloadBuilder settings) {
    this.settings = settings;
    this.persons = new AnalyticsPersonalValues(settings.seed);
    TestCluster cluster = settings.cluster;
    this.client =
        new SqlClient(cluster.jdbc(settings.database), cluster.user(), cluster.password());
  }

  /** Begins the description of a workload on a database, which is made where it is missing. */
  public static AnalyticsWorkloadBuilder on(TestCluster cluster, String database) {
    return new AnalyticsWorkloadBuilder(cluster, database);
  }

  void begin() {
    String name = settings.database.replace("'", "''");
    if (settings.cluster.rows("SELECT FROM pg_database WHERE datname = '" + name + "'").isEmpty()) {
      settings.cluster.sql("CREATE DATABASE \"" + settings.database + "\"");
    }
    List<String> statements = AnalyticsWorkloadTables.create(settings.schema, settings.threads);
    client.execute(statements.toArray(String[]::new));
    for (int number = 1; number <= settings.threads; number++) {
      AnalyticsWorkloadWorker worker = new AnalyticsWorkloadWorker(number, settings, this);
      workers.add(worker);
      threads.add(Thread.ofPlatform().daemon().name("analytics-workload-" + number).start(worker));
    }
  }

  /** Transactions acknowledged since the start, of all threads. */
  public long committed() {
    return committed.get();
  }

  /** The highest number known to be committed, by thread from 1. */
  public Map<Integer, Long> acknowledged() {
    return Map.copyOf(acknowledged);
  }

  /** The sum of all accounts' balances at every moment. */
  public long balance() {
    return (long) AnalyticsWorkloadTables.ACCOUNTS * AnalyticsWorkloadTables.START_BALANCE;
  }

  /** What the token in every personal value begins with, and nothing else contains. */
  public String plantedPrefix() {
    return persons.prefix();
  }

  /** Up to a thousand of the tokens. */
  public List<String> plantedTokens() {
    return persons.sample();
  }

  /**
   * How each table is compared with its copy of the same name in a schema of the target, unmasked,
   * all columns that are there from the start. Those of notes and log have no key.
   *
   * @param targetWhere as {@code _site = 'x' AND _database = 'y'}
   */
  public List<AnalyticsCheckedTable> checks(String targetSchema, String targetWhere) {
    return AnalyticsWorkloadTables.ALL.stream()
        .map(table -> table.check(settings.schema, targetSchema, targetWhere))
        .toList();
  }

  /**
   * Waits until so many more transactions have been acknowledged; a failed thread is thrown, and an
   * IllegalStateException when it takes two minutes.
   */
  public void awaitMore(long transactions) {
    long goal = committed() + transactions;
    await("fewer than %d transactions".formatted(goal), () -> committed() >= goal);
  }

  /** Waits until every thread has done its number of transactions; as {@link #awaitMore}. */
  public void awaitEnd() {
    await("threads still work", () -> threads.stream().noneMatch(Thread::isAlive));
  }

  /**
   * Lets every transaction end, and none begin; {@link #resume} goes on. Same thread for both.
   * IllegalStateException when a transaction does not end within five minutes.
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

  Connection connect() throws SQLException {
    // The port may be another one after a restart.
    return new SqlClient(settings.cluster.jdbc(settings.database), client.user(), client.password())
        .connect();
  }

  boolean isStopped() {
    return stopped;
  }

  Lock turn(boolean alone) {
    return alone ? gate.writeLock() : gate.readLock();
  }

  AnalyticsWorkloadTransaction.Plan plan(int worker, long seq) {
    return AnalyticsWorkloadTransaction.plan(settings, persons, worker, seq);
  }

  void acknowledge(int worker, long seq) {
    known(worker, seq);
    committed.incrementAndGet();
  }

  /** As the ledger has it after a connection was made. */
  void known(int worker, long seq) {
    acknowledged.merge(worker, seq, Math::max);
  }

  private void end() {
    stopped = true;
    while (gate.isWriteLockedByCurrentThread()) {
      resume(); // what failed during a pause must not keep the threads from ending
    }
    workers.forEach(AnalyticsWorkloadWorker::wake);
    for (Thread thread : threads) {
      try {
        thread.join();
      } catch (InterruptedException e) {
        throw interrupted(e);
      }
    }
  }

  private void throwFailure() {
    for (AnalyticsWorkloadWorker worker : workers) {
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
}
