package io.tidemark.replicamanager;

import io.tidemark.postgres.Lsn;
import java.time.Instant;

/** Up to where a standby is to replay, and then to stand still. */
public sealed interface AdvanceTarget {
  /** The last transaction that ended at or before a moment, by the primary's clock. */
  record AtTime(Instant time) implements AdvanceTarget {}

  /** Every record that begins before a position, and none that begins there or later. */
  record AtLsn(Lsn lsn) implements AdvanceTarget {}

  /** The end of a transaction, and nothing after it. */
  record AtXid(long xid) implements AdvanceTarget {}

  /**
   * Before a transaction: before its end, or where it holds an exclusive lock, before it took that,
   * so that its tables can be read.
   */
  record BeforeXid(long xid) implements AdvanceTarget {}

  /** The next restore point of a name (pg_create_restore_point). */
  record AtName(String name) implements AdvanceTarget {}

  /** For people: {@code just before transaction 812}. */
  default String describe() {
    return switch (this) {
      case AtTime(Instant time) -> "time " + time;
      case AtLsn(Lsn lsn) -> "LSN " + lsn;
      case AtXid(long xid) -> "the end of transaction " + xid;
      case BeforeXid(long xid) -> "just before transaction " + xid;
      case AtName(String name) -> "restore point '" + name + "'";
    };
  }
}
