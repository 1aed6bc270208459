package io.tidemark.postgres;

import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What pgoutput sends, protocol versions 1 to 4 ("Logical Replication Message Formats" in
 * PostgreSQL's documentation; src/backend/replication/logical/proto.c). Messages of two-phase
 * commits are none of these: they are sent only where they are asked for.
 *
 * <p>{@code xid} of a change is that of its transaction or subtransaction inside a streamed block,
 * else 0.
 */
public sealed interface LogicalMessage {
  /**
   * A committed transaction begins.
   *
   * @param finalLsn the address of its commit record
   */
  record Begin(Lsn finalLsn, Instant commitTime, int xid) implements LogicalMessage {}

  /**
   * It ends.
   *
   * @param commitLsn the address of the commit record
   * @param endLsn the address after it: what is confirmed when the transaction is applied
   */
  record Commit(Lsn commitLsn, Lsn endLsn, Instant commitTime) implements LogicalMessage {}

  /** The transaction was replicated to the source from elsewhere. */
  record Origin(Lsn commitLsn, String name) implements LogicalMessage {}

  /**
   * What a table looks like from here on; sent before the first change that needs it.
   *
   * @param replicaIdentity pg_class.relreplident: d default, n nothing, f full, i index
   */
  record Relation(
      int xid,
      int oid,
      String schema,
      String name,
      char replicaIdentity,
      List<RelationColumn> columns)
      implements LogicalMessage {
    public Relation {
      columns = List.copyOf(columns);
    }
  }

  /**
   * A published column.
   *
   * @param isKey whether it is part of the replica identity
   * @param typeModifier pg_attribute.atttypmod
   */
  record RelationColumn(boolean isKey, String name, int typeOid, int typeModifier) {}

  /** A type that is not built in; sent before the first relation that has it. */
  record Type(int xid, int oid, String schema, String name) implements LogicalMessage {}

  /** A row is new. */
  record Insert(int xid, int relation, TupleData row) implements LogicalMessage {}

  /**
   * A row has changed.
   *
   * @param old the old key (only the identity's columns are not null) where the key has changed, or
   *     the whole old row with REPLICA IDENTITY FULL; else null
   * @param isWholeOld whether {@code old} is the whole row
   */
  record Update(int xid, int relation, @Nullable TupleData old, boolean isWholeOld, TupleData row)
      implements LogicalMessage {}

  /**
   * A row is gone.
   *
   * @param old its key, or the whole row with REPLICA IDENTITY FULL
   */
  record Delete(int xid, int relation, TupleData old, boolean isWholeOld)
      implements LogicalMessage {}

  /** Tables are empty. */
  record Truncate(int xid, List<Integer> relations, boolean cascade, boolean restartIdentity)
      implements LogicalMessage {
    public Truncate {
      relations = List.copyOf(relations);
    }
  }

  /**
   * pg_logical_emit_message.
   *
   * @param transactional whether it belongs to the transaction around it; others come at once
   * @param content as UTF-8, which a message of bytea need not be
   */
  record Message(int xid, boolean transactional, Lsn lsn, String prefix, String content)
      implements LogicalMessage {}

  /**
   * A block of changes of a transaction that may not be committed yet.
   *
   * @param first whether it is the transaction's first
   */
  record StreamStart(int xid, boolean first) implements LogicalMessage {}

  /** The block ends. */
  record StreamStop() implements LogicalMessage {}

  /** A streamed transaction is committed. */
  record StreamCommit(int xid, Lsn commitLsn, Lsn endLsn, Instant commitTime)
      implements LogicalMessage {}

  /**
   * A streamed transaction is rolled back, or one of its subtransactions.
   *
   * @param subXid what is rolled back; equal to {@code xid} where it is all of it
   */
  record StreamAbort(int xid, int subXid) implements LogicalMessage {}
}
