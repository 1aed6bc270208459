package io.tidemark.postgres;

import static io.tidemark.postgres.LittleEndian.getInt;
import static io.tidemark.postgres.LittleEndian.getLong;
import static io.tidemark.postgres.LittleEndian.unsignedInt;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Makes events of records: the resource managers XLOG, Transaction, Tablespace and Standby, by the
 * structures in xlog_internal.h, pg_control.h, xact.h, tablespace.h and standbydefs.h.
 */
final class WalEventDecoder {
  private static final int RM_XLOG = 0;
  private static final int RM_XACT = 1;
  private static final int RM_TABLESPACE = 5;
  private static final int RM_STANDBY = 8;

  static final int CHECKPOINT_SHUTDOWN = 0x00;
  static final int CHECKPOINT_ONLINE = 0x10;
  static final int SWITCH = 0x40;
  static final int BACKUP_END = 0x50;
  static final int PARAMETER_CHANGE = 0x60;
  static final int RESTORE_POINT = 0x70;
  static final int END_OF_RECOVERY = 0x90;
  static final int OVERWRITE_CONTRECORD = 0xD0;

  static final int COMMIT = 0x00;
  static final int ABORT = 0x20;
  static final int COMMIT_PREPARED = 0x30;
  static final int ABORT_PREPARED = 0x40;

  static final int TABLESPACE_MADE = 0x00;

  static final int STANDBY_LOCK = 0x00;
  static final int RUNNING_XACTS = 0x10;

  /** {@code sizeof(xl_standby_lock)}. */
  private static final int LOCK_BYTES = 12;

  /** Of more locks than fit, the first are told. */
  private static final int LOCKS_BYTES = 1 << 16;

  /** {@code MAXPGPATH} with the headers before it. */
  private static final int TABLESPACE_BYTES = 1100;

  private final PostgresMajor major;

  WalEventDecoder(PostgresMajor major) {
    this.major = major;
  }

  /** How much of a record's body decoding it takes; 0 for records that make no event. */
  static int bytesNeeded(int resourceManager, int info) {
    return switch (resourceManager) {
      case RM_XLOG -> isXlogEvent(info & 0xF0) ? 256 : 0;
      case RM_XACT ->
          switch (info & 0x70) {
            case COMMIT, ABORT -> 64;
            case COMMIT_PREPARED, ABORT_PREPARED -> Integer.MAX_VALUE;
            default -> 0;
          };
      case RM_TABLESPACE -> (info & 0xF0) == TABLESPACE_MADE ? TABLESPACE_BYTES : 0;
      case RM_STANDBY ->
          switch (info & 0xF0) {
            case STANDBY_LOCK -> LOCKS_BYTES;
            case RUNNING_XACTS -> 64;
            default -> 0;
          };
      default -> 0;
    };
  }

  static boolean isSwitch(WalRecord record) {
    return record.resourceManager() == RM_XLOG && (record.info() & 0xF0) == SWITCH;
  }

  /** The event of a complete record; empty if it is none. */
  Optional<WalEvent> decode(WalRecord record, Lsn start, Lsn end) {
    if (bytesNeeded(record.resourceManager(), record.info()) == 0) {
      return Optional.empty();
    }
    try {
      int data = mainData(record);
      return Optional.of(
          switch (record.resourceManager()) {
            case RM_XLOG -> xlogEvent(record, data, start, end);
            case RM_XACT -> transactionEnd(record, data, start, end);
            case RM_TABLESPACE -> tablespaceMade(record, data, start, end);
            default -> standbyEvent(record, data, start, end);
          });
    } catch (IllegalArgumentException | IndexOutOfBoundsException e) {
      throw new WalInvalidException(
          start,
          "a record with a correct checksum",
          "not understood (" + e.getMessage() + ")",
          "one of PostgreSQL " + major.number());
    }
  }

  private static boolean isXlogEvent(int operation) {
    return switch (operation) {
      case CHECKPOINT_SHUTDOWN,
          CHECKPOINT_ONLINE,
          SWITCH,
          BACKUP_END,
          PARAMETER_CHANGE,
          RESTORE_POINT,
          END_OF_RECOVERY,
          OVERWRITE_CONTRECORD ->
          true;
      default -> false;
    };
  }

  /** Where the main data begin, after the headers that say which parts follow (xlogrecord.h). */
  private static int mainData(WalRecord record) {
    byte[] kept = record.kept();
    int at = 0;
    while (at < record.keptBytes()) {
      switch (kept[at] & 0xFF) {
        case 255 -> {
          return at + 2;
        }
        case 254 -> {
          return at + 5;
        }
        case 253 -> at += 3;
        case 252 -> at += 5;
        default -> throw new IllegalArgumentException("part " + (kept[at] & 0xFF) + " in it");
      }
    }
    return at;
  }

  private static WalEvent xlogEvent(WalRecord record, int at, Lsn start, Lsn end) {
    byte[] kept = record.kept();
    int operation = record.info() & 0xF0;
    requireBytes(record, at, xlogBytes(operation));
    return switch (operation) {
      case CHECKPOINT_SHUTDOWN, CHECKPOINT_ONLINE ->
          new WalEvent.Checkpoint(
              start,
              end,
              operation == CHECKPOINT_SHUTDOWN,
              LittleEndian.lsn(kept, at),
              new Timeline(getInt(kept, at + 8)),
              new Timeline(getInt(kept, at + 12)));
      case SWITCH -> new WalEvent.SegmentSwitch(start, end);
      case BACKUP_END -> new WalEvent.BackupEnd(start, end, LittleEndian.lsn(kept, at));
      case PARAMETER_CHANGE ->
          new WalEvent.ParameterChange(
              start,
              end,
              getInt(kept, at),
              getInt(kept, at + 4),
              getInt(kept, at + 8),
              getInt(kept, at + 12),
              getInt(kept, at + 16),
              WalLevel.of(getInt(kept, at + 20)));
      case RESTORE_POINT ->
          new WalEvent.RestorePoint(
              start, end, text(kept, at + 8, 64), PostgresTime.toInstant(getLong(kept, at)));
      case END_OF_RECOVERY ->
          new WalEvent.EndOfRecovery(
              start,
              end,
              new Timeline(getInt(kept, at + 8)),
              new Timeline(getInt(kept, at + 12)),
              PostgresTime.toInstant(getLong(kept, at)));
      case OVERWRITE_CONTRECORD ->
          new WalEvent.OverwrittenRecord(
              start,
              end,
              LittleEndian.lsn(kept, at),
              PostgresTime.toInstant(getLong(kept, at + 8)));
      default -> throw new IllegalArgumentException("operation " + operation);
    };
  }

  private static int xlogBytes(int operation) {
    return switch (operation) {
      case CHECKPOINT_SHUTDOWN, CHECKPOINT_ONLINE -> 84;
      case BACKUP_END -> 8;
      case PARAMETER_CHANGE -> 26;
      case RESTORE_POINT -> 72;
      case END_OF_RECOVERY, OVERWRITE_CONTRECORD -> 16;
      default -> 0;
    };
  }

  private WalEvent transactionEnd(WalRecord record, int at, Lsn start, Lsn end) {
    requireBytes(record, at, 8);
    int operation = record.info() & 0x70;
    boolean prepared = operation == COMMIT_PREPARED || operation == ABORT_PREPARED;
    return new WalEvent.TransactionEnd(
        start,
        end,
        prepared ? preparedXid(record, at) : record.xid(),
        PostgresTime.toInstant(getLong(record.kept(), at)),
        operation == COMMIT || operation == COMMIT_PREPARED,
        hasOrigin(record, at));
  }

  private static boolean hasOrigin(WalRecord record, int at) {
    boolean hasInfo = (record.info() & 0x80) != 0;
    requireBytes(record, at, hasInfo ? 12 : 8);
    return hasInfo && (getInt(record.kept(), at + 8) & 1 << 5) != 0;
  }

  private static WalEvent tablespaceMade(WalRecord record, int at, Lsn start, Lsn end) {
    requireBytes(record, at, 5);
    String location = text(record.kept(), at + 4, record.keptBytes() - at - 4);
    return new WalEvent.TablespaceMade(start, end, unsignedInt(record.kept(), at), location);
  }

  private static WalEvent standbyEvent(WalRecord record, int at, Lsn start, Lsn end) {
    if ((record.info() & 0xF0) == RUNNING_XACTS) {
      return new WalEvent.RunningTransactions(start, end);
    }
    requireBytes(record, at, 4);
    int there = (record.keptBytes() - at - 4) / LOCK_BYTES;
    int locks = Math.min(getInt(record.kept(), at), there);
    List<Long> xids = new ArrayList<>();
    for (int i = 0; i < locks; i++) {
      xids.add(unsignedInt(record.kept(), at + 4 + i * LOCK_BYTES));
    }
    return new WalEvent.ExclusiveLocks(start, end, xids);
  }

  /** Steps over what lies between the time and the prepared transaction's ID. */
  private long preparedXid(WalRecord record, int at) {
    byte[] kept = record.kept();
    boolean hasInfo = (record.info() & 0x80) != 0;
    requireBytes(record, at, hasInfo ? 12 : 8);
    int flags = hasInfo ? getInt(kept, at + 8) : 0;
    int[] itemBytes = {4, 12, major.droppedStatsItemBytes(), 16};
    int[] itemFlags = {1 << 1, 1 << 2, 1 << 8, 1 << 3};
    long next = at + 12L + ((flags & 1) != 0 ? 8 : 0);
    for (int i = 0; i < itemFlags.length; i++) {
      if ((flags & itemFlags[i]) != 0) {
        if (next + 4 > record.keptBytes()) {
          return 0;
        }
        next += 4 + unsignedInt(kept, (int) next) * itemBytes[i];
      }
    }
    boolean readable = (flags & 1 << 4) != 0 && next + 4 <= record.keptBytes();
    return readable ? unsignedInt(kept, (int) next) : 0;
  }

  private static void requireBytes(WalRecord record, int at, int bytes) {
    if (record.keptBytes() - at < bytes) {
      throw new IllegalArgumentException("only " + (record.keptBytes() - at) + " bytes of data");
    }
  }

  private static String text(byte[] bytes, int at, int limit) {
    int end = at;
    while (end < at + limit && bytes[end] != 0) {
      end++;
    }
    return new String(bytes, at, end - at, StandardCharsets.UTF_8);
  }
}
