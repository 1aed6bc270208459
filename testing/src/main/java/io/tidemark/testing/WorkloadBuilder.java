package io.tidemark.testing;

/** What a {@link Workload} shall do. Every setter gives back this builder. */
public final class WorkloadBuilder {
  final TestCluster cluster;
  long seed = 1;
  int threads = 2;
  double transactionsPerSecond = Double.MAX_VALUE;
  boolean truncates = true;
  boolean buildsIndexes = true;
  boolean survivesOutages;
  int largeTransactionRows = 500;
  long transactionsPerThread = Long.MAX_VALUE;
  String jdbcUrl;

  WorkloadBuilder(TestCluster cluster) {
    this.cluster = cluster;
    this.jdbcUrl = cluster.jdbc();
  }

  /** What every transaction does follows from the seed, its thread and its number; 1 by default. */
  public WorkloadBuilder seed(long number) {
    seed = number;
    return this;
  }

  /** Threads, each with a connection and rows of its own; 2 by default. */
  public WorkloadBuilder threads(int number) {
    threads = number;
    return this;
  }

  /** At most so many transactions in a second, all threads together; no limit by default. */
  public WorkloadBuilder rate(double limitPerSecond) {
    transactionsPerSecond = limitPerSecond;
    return this;
  }

  /** Each thread ends when its ledger has so many; by default it works until it is stopped. */
  public WorkloadBuilder transactionsPerThread(long number) {
    transactionsPerThread = number;
    return this;
  }

  /** Whether TRUNCATE occurs; on by default. */
  public WorkloadBuilder truncates(boolean on) {
    truncates = on;
    return this;
  }

  /** Whether CREATE and DROP INDEX occur; on by default. */
  public WorkloadBuilder buildsIndexes(boolean on) {
    buildsIndexes = on;
    return this;
  }

  /** Rows that each of the seldom large transactions inserts; 500 by default. */
  public WorkloadBuilder largeTransactionRows(int number) {
    largeTransactionRows = number;
    return this;
  }

  /**
   * Whether threads whose connection breaks connect again, and find out by the ledger what became
   * of the commit in doubt, until they are stopped. By default the first failure ends the thread
   * and is thrown by {@link Workload#stop}.
   */
  public WorkloadBuilder survivesOutages(boolean on) {
    survivesOutages = on;
    return this;
  }

  /** Goes through this URL (a proxy's, another database's) and not straight to the cluster. */
  public WorkloadBuilder through(String url) {
    jdbcUrl = url;
    return this;
  }

  /** Makes the tables that are missing, and starts. */
  public Workload start() {
    Workload workload = new Workload(this);
    workload.begin();
    return workload;
  }
}
