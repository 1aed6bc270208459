package io.tidemark.postgres;

import io.tidemark.config.ErrorCode;
import io.tidemark.config.TidemarkException;
import io.tidemark.postgres.FrameReader.Frame;
import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A replication session, physical or of one database. One thread uses it and its stream; {@link
 * #close} may be called by any thread and ends a wait of that one. After a {@link
 * ReplicationException} that is not SERVER_ENDING, and after the end of a timeline, it can be used
 * again; after any other failure it is closed.
 */
public final class ReplicationConnection implements AutoCloseable {
  private final ProtocolChannel channel;
  private final Duration limit;
  private final SystemIdentity identity;
  private boolean streaming;

  private ReplicationConnection(ProtocolChannel channel, Duration limit) {
    this.channel = channel;
    this.limit = limit;
    this.identity = identifySystem();
  }

  /**
   * Connects and checks that the server has opened a replication session.
   *
   * @throws PostgresException POSTGRES_UNREACHABLE or POSTGRES_REFUSED, with what to change
   */
  public static ReplicationConnection open(PostgresEndpoint endpoint) {
    return takeOver(
        new Connector(endpoint).openReplication(), endpoint, FrameReader.PHYSICAL_MAX_BYTES);
  }

  /**
   * As {@link #open}, for logical replication of the endpoint's database. A message of more than
   * 512 MiB, which is a row or two, ends it with POSTGRES_DATA_INVALID. Text comes in UTF-8, but
   * from a database with SQL_ASCII as it is stored.
   */
  public static ReplicationConnection openLogical(PostgresEndpoint endpoint) {
    return openLogical(endpoint, FrameReader.LOGICAL_MAX_BYTES);
  }

  static ReplicationConnection openLogical(PostgresEndpoint endpoint, int maxMessageBytes) {
    ReplicationConnection connection =
        takeOver(new Connector(endpoint).openLogicalReplication(), endpoint, maxMessageBytes);
    // The driver asks for this machine's time zone, which goes before options.
    connection.rows("SET TimeZone = 'UTC'", "set its time zone");
    if (connection.show("server_encoding").equals("SQL_ASCII")) {
      // Else one value that is not UTF-8 would end the stream of all tables.
      connection.rows("SET client_encoding = 'SQL_ASCII'", "set its encoding");
    }
    return connection;
  }

  private static ReplicationConnection takeOver(
      Connection connection, PostgresEndpoint endpoint, int maxMessageBytes) {
    try {
      ProtocolChannel channel = ProtocolChannel.takeOver(connection, maxMessageBytes);
      try {
        return new ReplicationConnection(channel, endpoint.statementTimeout());
      } catch (RuntimeException e) {
        channel.close();
        throw e;
      }
    } catch (SQLException | IOException e) {
      throw PostgresFailures.lost("open a replication session", e);
    }
  }

  /** IDENTIFY_SYSTEM as of when this connection was opened. */
  public SystemIdentity identity() {
    return identity;
  }

  /** IDENTIFY_SYSTEM. */
  public SystemIdentity identifySystem() {
    return ReplicationRows.identity(row("IDENTIFY_SYSTEM", "identify itself"));
  }

  /** SHOW: a setting's value as the server writes it. */
  public String show(String setting) {
    if (!setting.matches("[A-Za-z_][A-Za-z0-9_.]*")) {
      throw new IllegalArgumentException("not a setting's name: '" + setting + "'");
    }
    return ReplicationRows.required(row("SHOW " + setting, "show " + setting), 0);
  }

  /**
   * CREATE_REPLICATION_SLOT … PHYSICAL.
   *
   * @param reserveWal keep WAL from now on (from the last checkpoint's redo position)
   * @param temporary it ends with this connection
   * @return what it keeps
   */
  public SlotPosition createPhysicalSlot(SlotName slot, boolean reserveWal, boolean temporary) {
    String command =
        "CREATE_REPLICATION_SLOT \"%s\"%s PHYSICAL%s"
            .formatted(slot, temporary ? " TEMPORARY" : "", reserveWal ? " (RESERVE_WAL)" : "");
    row(command, "create the replication slot " + slot);
    return readSlot(slot)
        .orElseThrow(
            () ->
                new TidemarkException(
                    ErrorCode.SLOT_UNUSABLE,
                    "The slot " + slot + " was created and is gone already.",
                    "Find out who drops it."));
  }

  /**
   * CREATE_REPLICATION_SLOT … LOGICAL pgoutput. Waits until every transaction has ended that runs
   * now, on a standby also until the primary logs which those are.
   *
   * @param temporary it ends with this connection
   * @param failover it is copied to standbys that want it; from PostgreSQL 17
   * @param waitLimit for those transactions
   * @return with a snapshot that sees exactly what the stream will leave out, and that ends with
   *     the next command here
   */
  public LogicalSlot createLogicalSlot(
      SlotName slot, boolean temporary, boolean failover, Duration waitLimit) {
    String command =
        "CREATE_REPLICATION_SLOT \"%s\"%s LOGICAL pgoutput (SNAPSHOT 'export'%s)"
            .formatted(slot, temporary ? " TEMPORARY" : "", failover ? ", FAILOVER true" : "");
    String doing = "create the replication slot " + slot;
    requireIdle();
    List<List<byte @Nullable []>> rows = channel.rows(command, waitLimit, doing);
    return ReplicationRows.logicalSlot(slot, rows.getFirst());
  }

  /** READ_REPLICATION_SLOT; empty where there is none of that name. */
  public Optional<SlotPosition> readSlot(SlotName slot) {
    return ReplicationRows.slot(
        row("READ_REPLICATION_SLOT \"" + slot + "\"", "read the replication slot " + slot));
  }

  /** DROP_REPLICATION_SLOT, at once: SLOT_ACTIVE where it is in use. */
  public void dropSlot(SlotName slot) {
    rows("DROP_REPLICATION_SLOT \"" + slot + "\"", "drop the replication slot " + slot);
  }

  /** TIMELINE_HISTORY: timeline 1 has none. */
  public TimelineHistoryFile timelineHistory(Timeline timeline) {
    return ReplicationRows.historyFile(
        row("TIMELINE_HISTORY " + timeline, "send the history of timeline " + timeline));
  }

  /**
   * START_REPLICATION … PHYSICAL. WAL_REMOVED and AHEAD_OF_SERVER show only at the first poll.
   *
   * @param start begin at a segment's start unless the bytes before are there already
   * @param timeline the current one, or an earlier one of the server's history, which then ends
   * @throws ReplicationException by its kind
   */
  public WalStream startPhysical(Optional<SlotName> slot, Lsn start, Timeline timeline) {
    String command =
        "START_REPLICATION%s PHYSICAL %s TIMELINE %s"
            .formatted(slot.map(s -> " SLOT \"" + s + "\"").orElse(""), start, timeline);
    String doing = "start streaming at " + start + " on timeline " + timeline;
    requireIdle();
    channel.query(command, doing);
    Frame frame = channel.require(limit, doing);
    return switch (frame.type()) {
      case 'W' -> {
        streaming = true;
        yield new WalStream(channel, limit, null, () -> streaming = false);
      }
      case 'E' -> throw channel.failed(frame, limit, doing);
      // There is nothing beyond the switch point: the answer is the end, without a stream.
      case 'T' -> {
        List<List<byte @Nullable []>> rows = channel.restOfRows(limit, doing);
        yield new WalStream(
            channel, limit, ReplicationRows.endOfTimeline(rows.getFirst()), () -> {});
      }
      default -> throw channel.unexpected(frame, doing);
    };
  }

  /**
   * START_REPLICATION … LOGICAL with pgoutput. The stream goes on where the slot was confirmed
   * last, or at {@code start} where that is later.
   *
   * @param major of the server
   * @throws ReplicationException by its kind
   */
  public WalStream startLogical(SlotName slot, Lsn start, PgoutputOptions options, int major) {
    String command =
        "START_REPLICATION SLOT \"%s\" LOGICAL %s %s"
            .formatted(slot, start, options.command(major));
    String doing = "start streaming changes at " + start;
    requireIdle();
    channel.query(command, doing);
    Frame frame = channel.require(limit, doing);
    return switch (frame.type()) {
      case 'W' -> {
        streaming = true;
        yield new WalStream(channel, limit, null, () -> streaming = false);
      }
      case 'E' -> throw channel.failed(frame, limit, doing);
      default -> throw channel.unexpected(frame, doing);
    };
  }

  /**
   * BASE_BACKUP: returns when the server's checkpoint is done and the files are about to come.
   *
   * @throws ReplicationException by its kind
   */
  public BaseBackupStream baseBackup(BaseBackupOptions options) {
    requireIdle();
    streaming = true;
    return new BaseBackupStream(channel, options, limit, () -> streaming = false);
  }

  /** Whether it was closed, by us or by a failure. */
  public boolean isClosed() {
    return channel.isClosed();
  }

  @Override
  public void close() {
    channel.close();
  }

  private List<byte @Nullable []> row(String command, String doing) {
    List<List<byte @Nullable []>> rows = rows(command, doing);
    if (rows.isEmpty()) {
      throw new TidemarkException(
          ErrorCode.POSTGRES_DATA_INVALID,
          "PostgreSQL answered nothing when it was to " + doing + ".",
          "");
    }
    return rows.getFirst();
  }

  private List<List<byte @Nullable []>> rows(String command, String doing) {
    requireIdle();
    return channel.rows(command, limit, doing);
  }

  private void requireIdle() {
    if (streaming) {
      throw new IllegalStateException("the connection is streaming");
    }
  }
}
