package io.tidemark.testing;

/** What an {@link AnalyticsWorkload} shall do. Every setter gives back this builder. */
public final class AnalyticsWorkloadBuilder {
  final TestCluster cluster;
  final String database;
  String schema = "public";
  long seed = 1;
  int threads = 2;
  double transactionsPerSecond = Double.MAX_VALUE;
  long transactionsPerThread = Long.MAX_VALUE;
  boolean truncates = true;
  boolean truncatesPartitions;
  boolean duplicateRows = true;
  int largeTransactionRows = 20_000;
  int largeTransactionEvery = 300;
  long schemaChangeEvery = Long.MAX_VALUE;
  AnalyticsSchemaChanges schemaChanges = AnalyticsSchemaChanges.inTurn();

  AnalyticsWorkloadBuilder(TestCluster cluster, String database) {
    this.cluster = cluster;
    this.database = database;
  }

  /** The tables' schema, made where it is missing; public by default. */
  public AnalyticsWorkloadBuilder schema(String name) {
    schema = name;
    return this;
  }

  /** What every transaction does follows from the seed, its thread and its number; 1 by default. */
  public AnalyticsWorkloadBuilder seed(long number) {
    seed = number;
    return this;
  }

  /** Threads, each with a connection and keys of its own; 2 by default. */
  public AnalyticsWorkloadBuilder threads(int number) {
    threads = number;
    return this;
  }

  /** At most so many transactions in a second, all threads together; no limit by default. */
  public AnalyticsWorkloadBuilder rate(double limitPerSecond) {
    transactionsPerSecond = limitPerSecond;
    return this;
  }

  /** Each thread ends when its ledger has so many; by default it works until it is stopped. */
  public AnalyticsWorkloadBuilder transactionsPerThread(long number) {
    transactionsPerThread = number;
    return this;
  }

  /** Whether TRUNCATE occurs, also with CASCADE; on by default. */
  public AnalyticsWorkloadBuilder truncates(boolean on) {
    truncates = on;
    return this;
  }

  /**
   * Whether one partition of events is truncated now and then, of which a publication via the root
   * says nothing; off by default.
   */
  public AnalyticsWorkloadBuilder truncatesPartitions(boolean on) {
    truncatesPartitions = on;
    return this;
  }

  /** Whether notes has rows that are equal in all columns; on by default. Log always has. */
  public AnalyticsWorkloadBuilder duplicateRows(boolean on) {
    duplicateRows = on;
    return this;
  }

  /** Rows of readings that a large transaction leaves; 20,000 by default. */
  public AnalyticsWorkloadBuilder largeTransactionRows(int number) {
    largeTransactionRows = number;
    return this;
  }

  /** One of so many transactions is large; 300 by default. */
  public AnalyticsWorkloadBuilder largeTransactionEvery(int transactions) {
    largeTransactionEvery = transactions;
    return this;
  }

  /**
   * Every so many transactions of thread 1 a schema change, {@link AnalyticsSchemaChanges#inTurn}
   * unless others are given; none by default.
   */
  public AnalyticsWorkloadBuilder schemaChangeEvery(long transactions) {
    schemaChangeEvery = transactions;
    return this;
  }

  /** Which schema changes. */
  public AnalyticsWorkloadBuilder schemaChanges(AnalyticsSchemaChanges changes) {
    schemaChanges = changes;
    return this;
  }

  /** Makes database and tables that are missing, and starts. */
  public AnalyticsWorkload start() {
    AnalyticsWorkload workload = new AnalyticsWorkload(this);
    workload.begin();
    return workload;
  }
}
