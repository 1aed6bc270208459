package io.tidemark.postgres;

import java.time.Instant;
import java.util.List;

/**
 * A record of WAL that matters to who archives or restores it. {@code start} is the address of the
 * record, {@code end} that of the byte after it, rounded up to 8: what {@code pg_current_wal_lsn}
 * shows when it was the last, and where recovery has come to when it was replayed.
 */
public sealed interface WalEvent {
  Lsn start();

  Lsn end();

  /**
   * A transaction committed or aborted; the only records that {@code recovery_target_time} and
   * {@code recovery_target_xid} look at, besides restore points.
   *
   * @param xid of the top-level transaction, unsigned 32 bits; of a prepared one its own, not of
   *     the one that finished it; 0 for a prepared one with more than a quarter of a million
   *     subtransactions, which is not decoded
   * @param time when, by the server's clock
   * @param replicated whether it came from another server, by logical replication
   */
  record TransactionEnd(
      Lsn start, Lsn end, long xid, Instant time, boolean committed, boolean replicated)
      implements WalEvent {}

  /** Somebody called {@code pg_create_restore_point}. */
  record RestorePoint(Lsn start, Lsn end, String name, Instant time) implements WalEvent {}

  /**
   * A checkpoint.
   *
   * @param redo where a recovery that starts from it begins to replay
   * @param previousTimeline differs from {@code timeline} where a timeline begins with it
   */
  record Checkpoint(
      Lsn start, Lsn end, boolean shutdown, Lsn redo, Timeline timeline, Timeline previousTimeline)
      implements WalEvent {}

  /** A server was promoted: a timeline begins. */
  record EndOfRecovery(
      Lsn start, Lsn end, Timeline timeline, Timeline previousTimeline, Instant time)
      implements WalEvent {}

  /** A base backup on this server ended; {@code backupStart} is the redo point that it began at. */
  record BackupEnd(Lsn start, Lsn end, Lsn backupStart) implements WalEvent {}

  /** The server started with other settings; a standby needs at least as much of each. */
  record ParameterChange(
      Lsn start,
      Lsn end,
      int maxConnections,
      int maxWorkerProcesses,
      int maxWalSenders,
      int maxPreparedTransactions,
      int maxLocksPerTransaction,
      WalLevel walLevel)
      implements WalEvent {}

  /** {@code pg_switch_wal}: the rest of the segment is empty; {@code end} is the segment's end. */
  record SegmentSwitch(Lsn start, Lsn end) implements WalEvent {}

  /**
   * {@code CREATE TABLESPACE}: its replay makes a link to {@code location} and writes there.
   *
   * @param oid the tablespace's, unsigned 32 bits
   * @param location where it lies; empty where it lies in the data directory itself
   */
  record TablespaceMade(Lsn start, Lsn end, long oid, String location) implements WalEvent {}

  /**
   * Transactions hold AccessExclusiveLocks: from its replay to the end of the transaction a standby
   * lets nobody read those tables (standby.c).
   *
   * @param xids holders, unsigned 32 bits; of a lock that a subtransaction took the
   *     subtransaction's, until the next {@link RunningTransactions}
   */
  record ExclusiveLocks(Lsn start, Lsn end, List<Long> xids) implements WalEvent {
    public ExclusiveLocks {
      xids = List.copyOf(xids);
    }
  }

  /**
   * A snapshot of what runs, every 15 s while there is WAL, and with each checkpoint; the locks
   * that are held then stand in {@link ExclusiveLocks} just before it (LogStandbySnapshot).
   */
  record RunningTransactions(Lsn start, Lsn end) implements WalEvent {}

  /** The record at {@code lost} was cut short by a crash, and this one takes its place. */
  record OverwrittenRecord(Lsn start, Lsn end, Lsn lost, Instant time) implements WalEvent {}
}
