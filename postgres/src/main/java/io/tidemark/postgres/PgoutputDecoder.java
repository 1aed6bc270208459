package io.tidemark.postgres;

import io.tidemark.config.ErrorCode;
import io.tidemark.config.TidemarkException;
import io.tidemark.postgres.LogicalMessage.RelationColumn;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Reads pgoutput's messages, each from the data of one {@link WalMessage.WalData}. Knows whether it
 * is inside a streamed block, where messages carry a transaction id: one decoder for each stream.
 */
public final class PgoutputDecoder {
  /** Flags, an empty name, type and modifier. */
  private static final int MIN_COLUMN_BYTES = 1 + 1 + 2 * Integer.BYTES;

  private static final byte KEY_COLUMN = 1;
  private static final byte TRANSACTIONAL = 1;
  private static final byte CASCADE = 1;
  private static final byte RESTART_IDENTITY = 2;

  private boolean inBlock;

  /**
   * Reads one.
   *
   * @throws TidemarkException POSTGRES_DATA_INVALID where it is none of protocol 1 to 4
   */
  public LogicalMessage decode(ByteBuffer data) {
    char type = data.hasRemaining() ? (char) (data.get() & 0xFF) : ' ';
    try {
      LogicalMessage message = decode(type, data);
      if (data.hasRemaining()) {
        throw invalid(type, data.remaining() + " bytes are left over");
      }
      follow(type, message);
      return message;
    } catch (BufferUnderflowException e) {
      throw invalid(type, "it ends too early");
    }
  }

  private void follow(char type, LogicalMessage message) {
    boolean starts = message instanceof LogicalMessage.StreamStart;
    boolean stops = message instanceof LogicalMessage.StreamStop;
    if ((starts && inBlock) || (stops && !inBlock)) {
      throw invalid(type, inBlock ? "a block in a block" : "the end of a block that never began");
    }
    inBlock = starts || (inBlock && !stops);
  }

  private LogicalMessage decode(char type, ByteBuffer data) {
    return switch (type) {
      case 'B' -> new LogicalMessage.Begin(lsn(data), time(data), data.getInt());
      case 'C' -> {
        data.get();
        yield new LogicalMessage.Commit(lsn(data), lsn(data), time(data));
      }
      case 'O' -> new LogicalMessage.Origin(lsn(data), text(data));
      case 'R' -> relation(xid(data), data);
      case 'Y' -> new LogicalMessage.Type(xid(data), data.getInt(), schema(data), text(data));
      case 'I' -> insert(xid(data), data);
      case 'U' -> update(xid(data), data);
      case 'D' -> delete(xid(data), data);
      case 'T' -> truncate(xid(data), data);
      case 'M' -> message(xid(data), data);
      case 'S' -> new LogicalMessage.StreamStart(data.getInt(), data.get() == 1);
      case 'E' -> new LogicalMessage.StreamStop();
      case 'c' -> {
        int xid = data.getInt();
        data.get();
        yield new LogicalMessage.StreamCommit(xid, lsn(data), lsn(data), time(data));
      }
      case 'A' -> abort(data);
      default -> throw invalid(type, "no message of that type is known");
    };
  }

  private int xid(ByteBuffer data) {
    return inBlock ? data.getInt() : 0;
  }

  private static LogicalMessage relation(int xid, ByteBuffer data) {
    int oid = data.getInt();
    String schema = schema(data);
    String name = text(data);
    char identity = (char) data.get();
    int count = count(data, data.getShort(), MIN_COLUMN_BYTES);
    List<RelationColumn> columns = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      columns.add(
          new RelationColumn(
              (data.get() & KEY_COLUMN) != 0, text(data), data.getInt(), data.getInt()));
    }
    return new LogicalMessage.Relation(xid, oid, schema, name, identity, columns);
  }

  private static LogicalMessage insert(int xid, ByteBuffer data) {
    int relation = data.getInt();
    require(data, 'N', 'I');
    return new LogicalMessage.Insert(xid, relation, tuple(data));
  }

  private static LogicalMessage update(int xid, ByteBuffer data) {
    int relation = data.getInt();
    char kind = (char) data.get();
    @Nullable TupleData old = null;
    boolean whole = kind == 'O';
    if (whole || kind == 'K') {
      old = tuple(data);
      require(data, 'N', 'U');
    } else if (kind != 'N') {
      throw invalid('U', "a tuple of kind '" + kind + "'");
    }
    return new LogicalMessage.Update(xid, relation, old, whole, tuple(data));
  }

  private static LogicalMessage delete(int xid, ByteBuffer data) {
    int relation = data.getInt();
    char kind = (char) data.get();
    if (kind != 'O' && kind != 'K') {
      throw invalid('D', "a tuple of kind '" + kind + "'");
    }
    return new LogicalMessage.Delete(xid, relation, tuple(data), kind == 'O');
  }

  private static LogicalMessage truncate(int xid, ByteBuffer data) {
    int relationCount = data.getInt();
    byte options = data.get();
    int count = count(data, relationCount, Integer.BYTES);
    List<Integer> relations = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      relations.add(data.getInt());
    }
    return new LogicalMessage.Truncate(
        xid, relations, (options & CASCADE) != 0, (options & RESTART_IDENTITY) != 0);
  }

  private static LogicalMessage message(int xid, ByteBuffer data) {
    boolean transactional = data.get() == TRANSACTIONAL;
    Lsn lsn = lsn(data);
    String prefix = text(data);
    return new LogicalMessage.Message(
        xid,
        transactional,
        lsn,
        prefix,
        new String(bytes(data, data.getInt()), StandardCharsets.UTF_8));
  }

  /** With streaming in parallel the server adds where and when. */
  private static LogicalMessage abort(ByteBuffer data) {
    LogicalMessage abort = new LogicalMessage.StreamAbort(data.getInt(), data.getInt());
    if (data.remaining() == 2 * Long.BYTES) {
      data.position(data.limit());
    }
    return abort;
  }

  private static TupleData tuple(ByteBuffer data) {
    int count = count(data, data.getShort(), 1);
    byte[] kinds = new byte[count];
    byte[] @Nullable [] values = new byte[count][];
    for (int i = 0; i < count; i++) {
      kinds[i] = data.get();
      switch (kinds[i]) {
        case TupleData.NULL, TupleData.UNCHANGED -> {}
        case TupleData.TEXT, TupleData.BINARY -> values[i] = bytes(data, data.getInt());
        default -> throw invalid('N', "a column of kind " + kinds[i]);
      }
    }
    return new TupleData(kinds, values);
  }

  private static void require(ByteBuffer data, char expected, char type) {
    char found = (char) data.get();
    if (found != expected) {
      throw invalid(type, "a tuple of kind '" + found + "', not '" + expected + "'");
    }
  }

  /** A number of things that can still follow, so that nothing is allocated for the others. */
  private static int count(ByteBuffer data, int count, int leastBytes) {
    if (count < 0 || (long) count * leastBytes > data.remaining()) {
      throw new BufferUnderflowException();
    }
    return count;
  }

  private static byte[] bytes(ByteBuffer data, int length) {
    byte[] bytes = new byte[count(data, length, 1)];
    data.get(bytes);
    return bytes;
  }

  /** An empty schema is pg_catalog (logicalrep_read_namespace). */
  private static String schema(ByteBuffer data) {
    String schema = text(data);
    return schema.isEmpty() ? "pg_catalog" : schema;
  }

  private static String text(ByteBuffer data) {
    return ServerError.untilZero(data);
  }

  private static Lsn lsn(ByteBuffer data) {
    return new Lsn(data.getLong());
  }

  private static Instant time(ByteBuffer data) {
    return PostgresTime.toInstant(data.getLong());
  }

  private static TidemarkException invalid(char type, String found) {
    return new TidemarkException(
        ErrorCode.POSTGRES_DATA_INVALID,
        "A message '%s' of a logical stream cannot be read: %s; expected pgoutput's protocol 1 to 4."
            .formatted(type, found),
        "Report it with PostgreSQL's version.");
  }
}
