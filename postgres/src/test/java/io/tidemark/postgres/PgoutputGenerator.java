package io.tidemark.postgres;

import io.tidemark.postgres.LogicalMessage.RelationColumn;
import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * The twin of {@link PgoutputDecoder}: random messages, and their bytes by
 * src/backend/replication/logical/proto.c.
 */
final class PgoutputGenerator {
  private static final List<String> NAMES =
      List.of("pg_catalog", "public", "zoë", "Ünder \"quotes\"", "漢字");

  private final Random random;
  private boolean inBlock;

  PgoutputGenerator(Random random) {
    this.random = random;
  }

  /** The next one of a stream in which blocks begin and end. */
  LogicalMessage next() {
    int xid = inBlock ? random.nextInt() : 0;
    LogicalMessage message =
        switch (random.nextInt(13)) {
          case 0 -> new LogicalMessage.Begin(lsn(), time(), random.nextInt());
          case 1 -> new LogicalMessage.Commit(lsn(), lsn(), time());
          case 2 -> new LogicalMessage.Origin(lsn(), name());
          case 3 -> relation(xid);
          case 4 -> new LogicalMessage.Type(xid, random.nextInt(), name(), name());
          case 5 -> new LogicalMessage.Insert(xid, random.nextInt(), tuple());
          case 6 -> update(xid);
          case 7 -> new LogicalMessage.Delete(xid, random.nextInt(), tuple(), random.nextBoolean());
          case 8 ->
              new LogicalMessage.Truncate(
                  xid,
                  IntStream.range(0, random.nextInt(5)).mapToObj(i -> random.nextInt()).toList(),
                  random.nextBoolean(),
                  random.nextBoolean());
          case 9 -> new LogicalMessage.Message(xid, random.nextBoolean(), lsn(), name(), name());
          case 10 -> new LogicalMessage.StreamCommit(random.nextInt(), lsn(), lsn(), time());
          case 11 -> new LogicalMessage.StreamAbort(random.nextInt(), random.nextInt());
          default ->
              inBlock
                  ? new LogicalMessage.StreamStop()
                  : new LogicalMessage.StreamStart(random.nextInt(), random.nextBoolean());
        };
    inBlock =
        message instanceof LogicalMessage.StreamStart
            || (inBlock && !(message instanceof LogicalMessage.StreamStop));
    return message;
  }

  /**
   * Its bytes.
   *
   * @param inBlock whether a block of a streamed transaction is around it
   */
  static byte[] encode(LogicalMessage message, boolean inBlock) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try {
      write(new DataOutputStream(bytes), message, inBlock);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return bytes.toByteArray();
  }

  private static void write(DataOutputStream out, LogicalMessage message, boolean inBlock)
      throws IOException {
    switch (message) {
      case LogicalMessage.Begin m -> {
        out.writeByte('B');
        lsn(out, m.finalLsn());
        out.writeLong(PostgresTime.toMicros(m.commitTime()));
        out.writeInt(m.xid());
      }
      case LogicalMessage.Commit m -> {
        out.writeByte('C');
        out.writeByte(0);
        commit(out, m.commitLsn(), m.endLsn(), m.commitTime());
      }
      case LogicalMessage.Origin m -> {
        out.writeByte('O');
        lsn(out, m.commitLsn());
        text(out, m.name());
      }
      case LogicalMessage.Relation m -> relation(out, m, inBlock);
      case LogicalMessage.Type m -> {
        head(out, 'Y', m.xid(), inBlock);
        out.writeInt(m.oid());
        schema(out, m.schema());
        text(out, m.name());
      }
      case LogicalMessage.Insert m -> {
        head(out, 'I', m.xid(), inBlock);
        out.writeInt(m.relation());
        tuple(out, 'N', m.row());
      }
      case LogicalMessage.Update m -> {
        head(out, 'U', m.xid(), inBlock);
        out.writeInt(m.relation());
        TupleData old = m.old();
        if (old != null) {
          tuple(out, m.isWholeOld() ? 'O' : 'K', old);
        }
        tuple(out, 'N', m.row());
      }
      case LogicalMessage.Delete m -> {
        head(out, 'D', m.xid(), inBlock);
        out.writeInt(m.relation());
        tuple(out, m.isWholeOld() ? 'O' : 'K', m.old());
      }
      case LogicalMessage.Truncate m -> {
        head(out, 'T', m.xid(), inBlock);
        out.writeInt(m.relations().size());
        out.writeByte((m.cascade() ? 1 : 0) | (m.restartIdentity() ? 2 : 0));
        for (int relation : m.relations()) {
          out.writeInt(relation);
        }
      }
      case LogicalMessage.Message m -> {
        head(out, 'M', m.xid(), inBlock);
        out.writeByte(m.transactional() ? 1 : 0);
        lsn(out, m.lsn());
        text(out, m.prefix());
        byte[] content = m.content().getBytes(StandardCharsets.UTF_8);
        out.writeInt(content.length);
        out.write(content);
      }
      case LogicalMessage.StreamStart m -> {
        head(out, 'S', m.xid(), true);
        out.writeByte(m.first() ? 1 : 0);
      }
      case LogicalMessage.StreamStop m -> out.writeByte('E');
      case LogicalMessage.StreamCommit m -> {
        head(out, 'c', m.xid(), true);
        out.writeByte(0);
        commit(out, m.commitLsn(), m.endLsn(), m.commitTime());
      }
      case LogicalMessage.StreamAbort m -> {
        head(out, 'A', m.xid(), true);
        out.writeInt(m.subXid());
      }
    }
  }

  private static void relation(DataOutputStream out, LogicalMessage.Relation m, boolean inBlock)
      throws IOException {
    head(out, 'R', m.xid(), inBlock);
    out.writeInt(m.oid());
    schema(out, m.schema());
    text(out, m.name());
    out.writeByte(m.replicaIdentity());
    out.writeShort(m.columns().size());
    for (RelationColumn column : m.columns()) {
      out.writeByte(column.isKey() ? 1 : 0);
      text(out, column.name());
      out.writeInt(column.typeOid());
      out.writeInt(column.typeModifier());
    }
  }

  private static void tuple(DataOutputStream out, char kind, TupleData tuple) throws IOException {
    out.writeByte(kind);
    out.writeShort(tuple.size());
    for (int i = 0; i < tuple.size(); i++) {
      out.writeByte(tuple.kind(i));
      byte[] value = tuple.value(i);
      if (value != null) {
        out.writeInt(value.length);
        out.write(value);
      }
    }
  }

  private static void head(DataOutputStream out, char type, int xid, boolean hasXid)
      throws IOException {
    out.writeByte(type);
    if (hasXid) {
      out.writeInt(xid);
    }
  }

  private static void commit(DataOutputStream out, Lsn commit, Lsn end, Instant time)
      throws IOException {
    lsn(out, commit);
    lsn(out, end);
    out.writeLong(PostgresTime.toMicros(time));
  }

  private static void lsn(DataOutputStream out, Lsn lsn) throws IOException {
    out.writeLong(lsn.value());
  }

  private static void schema(DataOutputStream out, String schema) throws IOException {
    text(out, schema.equals("pg_catalog") ? "" : schema);
  }

  private static void text(DataOutputStream out, String text) throws IOException {
    out.write(text.getBytes(StandardCharsets.UTF_8));
    out.writeByte(0);
  }

  private LogicalMessage relation(int xid) {
    List<RelationColumn> columns = new ArrayList<>();
    for (int i = random.nextInt(6); i > 0; i--) {
      columns.add(
          new RelationColumn(random.nextBoolean(), name(), random.nextInt(), random.nextInt()));
    }
    return new LogicalMessage.Relation(
        xid, random.nextInt(), name(), name(), "dnfi".charAt(random.nextInt(4)), columns);
  }

  private LogicalMessage update(int xid) {
    @Nullable TupleData old = random.nextBoolean() ? tuple() : null;
    return new LogicalMessage.Update(
        xid, random.nextInt(), old, old != null && random.nextBoolean(), tuple());
  }

  private TupleData tuple() {
    int count = random.nextInt(6);
    byte[] kinds = new byte[count];
    byte[] @Nullable [] values = new byte[count][];
    for (int i = 0; i < count; i++) {
      kinds[i] = (byte) "nutb".charAt(random.nextInt(4));
      if (kinds[i] == TupleData.TEXT || kinds[i] == TupleData.BINARY) {
        byte[] value = new byte[random.nextInt(40)];
        random.nextBytes(value);
        values[i] = value;
      }
    }
    return new TupleData(kinds, values);
  }

  private String name() {
    return NAMES.get(random.nextInt(NAMES.size()));
  }

  private Lsn lsn() {
    return new Lsn(random.nextLong());
  }

  private Instant time() {
    return PostgresTime.toInstant(random.nextLong());
  }
}
