package io.tidemark.replicamanager;

import io.tidemark.postgres.ControlFile;

/**
 * The primary's settings that a standby must not have lower, or its replay stops
 * (postgresql.org/docs/current/hot-standby.html, "Administrator's Overview").
 *
 * @param major of PostgreSQL
 */
public record PrimaryFacts(
    int major,
    int maxConnections,
    int maxWorkerProcesses,
    int maxWalSenders,
    int maxPreparedTransactions,
    int maxLocksPerTransaction) {

  /** As WAL has told a data directory: what held on the primary when it was last replayed. */
  public static PrimaryFacts of(ControlFile control) {
    return new PrimaryFacts(
        control.major().number(),
        control.maxConnections(),
        control.maxWorkerProcesses(),
        control.maxWalSenders(),
        control.maxPreparedTransactions(),
        control.maxLocksPerTransaction());
  }

  /** The higher of each: a change on the primary counts when it is replayed, or sooner. */
  PrimaryFacts atLeast(PrimaryFacts other) {
    return new PrimaryFacts(
        major,
        Math.max(maxConnections, other.maxConnections),
        Math.max(maxWorkerProcesses, other.maxWorkerProcesses),
        Math.max(maxWalSenders, other.maxWalSenders),
        Math.max(maxPreparedTransactions, other.maxPreparedTransactions),
        Math.max(maxLocksPerTransaction, other.maxLocksPerTransaction));
  }
}
