package io.tidemark.postgres;

import io.tidemark.postgres.FrameReader.Frame;
import java.io.IOException;
import java.io.OutputStream;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.postgresql.core.PGStream;
import org.postgresql.core.StreamAccess;

/**
 * The message level of a connection that the driver has opened and logged in. One thread uses it;
 * {@link #close} may be called by any.
 */
final class ProtocolChannel implements AutoCloseable {
  private final Connection connection;
  private final Socket socket;
  private final OutputStream out;
  private final FrameReader frames;

  private ProtocolChannel(Connection connection, PGStream stream, int maxMessageBytes)
      throws IOException {
    this.connection = connection;
    this.socket = stream.getSocket();
    this.out = socket.getOutputStream();
    this.frames = new FrameReader(socket, maxMessageBytes);
  }

  /** Takes over a connection on which nothing is under way. */
  static ProtocolChannel takeOver(Connection connection, int maxMessageBytes)
      throws SQLException, IOException {
    PGStream stream = StreamAccess.of(connection);
    // What the driver has read ahead would be missing from the socket: notices and settings.
    while (stream.hasMessagePending()) {
      stream.receiveChar();
      stream.receive(stream.receiveInteger4() - Integer.BYTES);
    }
    return new ProtocolChannel(connection, stream, maxMessageBytes);
  }

  /** The next message that is not a notice or a setting; null where none came in time. */
  @Nullable Frame next(Duration timeout, String doing) {
    return next(() -> frames.next(timeout), doing);
  }

  /** The same, of what was read already; null where that is not a whole message. */
  @Nullable Frame arrived(String doing) {
    return next(frames::take, doing);
  }

  @FunctionalInterface
  private interface Frames {
    @Nullable Frame next() throws IOException;
  }

  private @Nullable Frame next(Frames from, String doing) {
    try {
      Frame frame = from.next();
      while (frame != null && (frame.type() == 'N' || frame.type() == 'S')) {
        frame = from.next();
      }
      return frame;
    } catch (FrameReader.TooLongException e) {
      abort();
      throw PostgresFailures.tooLong(doing, e);
    } catch (IOException e) {
      abort();
      throw PostgresFailures.lost(doing, e);
    }
  }

  /**
   * The next message within the limit. Without one the connection is closed, as nobody could say
   * what a late answer belongs to.
   */
  Frame require(Duration limit, String doing) {
    Frame frame = next(limit, doing);
    if (frame == null) {
      abort();
      throw PostgresFailures.lost(doing, new IOException("no answer within " + limit));
    }
    return frame;
  }

  /** Runs a command that answers with at most one result, and returns its rows. */
  List<List<byte @Nullable []>> rows(String command, Duration limit, String doing) {
    query(command, doing);
    return restOfRows(limit, doing);
  }

  /** Sends a command; the caller reads what comes. */
  void query(String command, String doing) {
    send('Q', (command + '\0').getBytes(StandardCharsets.UTF_8), doing);
  }

  /** The rows up to the end of the command. */
  List<List<byte @Nullable []>> restOfRows(Duration limit, String doing) {
    List<List<byte @Nullable []>> rows = new ArrayList<>();
    for (Frame frame = require(limit, doing); frame.type() != 'Z'; frame = require(limit, doing)) {
      switch (frame.type()) {
        case 'T', 'C' -> {}
        case 'D' -> rows.add(row(frame.body()));
        case 'E' -> throw failed(frame, limit, doing);
        default -> throw unexpected(frame, doing);
      }
    }
    return rows;
  }

  /** Reads an error to its end: the session is ready again unless the error was fatal. */
  ReplicationException failed(Frame error, Duration limit, String doing) {
    ServerError parsed = ServerError.parse(error.body());
    if (parsed.fatal()) {
      close();
    } else {
      awaitReady(limit, doing);
    }
    return parsed.toException(doing);
  }

  void awaitReady(Duration limit, String doing) {
    while (require(limit, doing).type() != 'Z') {
      // Whatever was still under way when the error came.
    }
  }

  PostgresException unexpected(Frame frame, String doing) {
    close();
    return PostgresFailures.lost(
        doing, new IOException("message '" + frame.type() + "' was not expected"));
  }

  static List<byte @Nullable []> row(ByteBuffer body) {
    int columns = body.getShort();
    List<byte @Nullable []> row = new ArrayList<>(columns);
    for (int i = 0; i < columns; i++) {
      int length = body.getInt();
      byte @Nullable [] value = null;
      if (length >= 0) {
        value = new byte[length];
        body.get(value);
      }
      row.add(value);
    }
    return row;
  }

  /** Sends one message, whole. */
  void send(char type, byte[] body, String doing) {
    try {
      write(type, body);
    } catch (IOException e) {
      abort();
      throw PostgresFailures.lost(doing, e);
    }
  }

  /**
   * Sends one message, whole. Where that fails the connection is left open: what the server has
   * said before it went can still be read.
   */
  void write(char type, byte[] body) throws IOException {
    ByteBuffer message = ByteBuffer.allocate(1 + Integer.BYTES + body.length);
    message.put((byte) type).putInt(Integer.BYTES + body.length).put(body);
    out.write(message.array());
    out.flush();
  }

  Duration silence() {
    return frames.silence();
  }

  boolean isClosed() {
    return socket.isClosed();
  }

  /** Ends the session; a thread that waits in it fails with POSTGRES_UNREACHABLE. */
  @Override
  public void close() {
    // The driver says goodbye first, or the server logs an unexpected end of file.
    closeQuietly(connection);
    closeQuietly(socket);
  }

  private void abort() {
    closeQuietly(socket);
    closeQuietly(connection);
  }

  private static void closeQuietly(AutoCloseable closeable) {
    try {
      closeable.close();
    } catch (Exception e) {
      // Closing is all that is wanted, and a socket that fails to close is not open.
    }
  }
}
