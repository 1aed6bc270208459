package io.tidemark.restore;

import io.tidemark.postgres.Lsn;
import java.time.Instant;

/** Up to where a restore replays. */
public sealed interface RestoreTarget {
  /** To the end of the archive, tails included. */
  record EndOfArchive() implements RestoreTarget {}

  /** Only as far as the backup needs to be consistent. */
  record Immediate() implements RestoreTarget {}

  /** To the last transaction that ended at or before a moment. */
  record AtTime(Instant time) implements RestoreTarget {}

  /** To a position. */
  record AtLsn(Lsn lsn) implements RestoreTarget {}

  /** To the end of a transaction: whatever ended before it is there, whatever later is not. */
  record AtXid(long xid) implements RestoreTarget {}

  /** To a point named by pg_create_restore_point. */
  record AtName(String name) implements RestoreTarget {}

  /** For people: {@code time 2026-11-20T15:02:12Z}. */
  default String describe() {
    return switch (this) {
      case EndOfArchive() -> "the end of the archive";
      case Immediate() -> "the end of the backup";
      case AtTime(Instant time) -> "time " + time;
      case AtLsn(Lsn lsn) -> "LSN " + lsn;
      case AtXid(long xid) -> "transaction " + xid;
      case AtName(String name) -> "restore point '" + name + "'";
    };
  }
}
