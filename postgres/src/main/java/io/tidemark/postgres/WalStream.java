package io.tidemark.postgres;

import io.tidemark.postgres.FrameReader.Frame;
import io.tidemark.postgres.WalMessage.EndOfTimeline;
import io.tidemark.postgres.WalMessage.KeepAlive;
import io.tidemark.postgres.WalMessage.WalData;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A replication stream: of WAL, or logical, where each {@link WalMessage.WalData} is one message
 * for a {@link PgoutputDecoder}. One thread owns it: that thread calls {@link #poll} often (at
 * least every few seconds, also when it has nothing to do with the answer: this keeps the
 * connection alive) and {@link #sendStatus}. The reported positions are only ever those of the last
 * {@code sendStatus}; to keep the connection alive the stream repeats them and never advances them.
 */
public final class WalStream {
  private static final String DOING = "stream WAL";

  private final ProtocolChannel channel;
  private final Duration silenceLimit;
  private final Runnable ended;
  private Lsn written = Lsn.ZERO;
  private Lsn flushed = Lsn.ZERO;
  private Lsn applied = Lsn.ZERO;
  private boolean asked;
  private long askedNanos;
  private @Nullable EndOfTimeline end;

  WalStream(
      ProtocolChannel channel, Duration silenceLimit, @Nullable EndOfTimeline end, Runnable ended) {
    this.channel = channel;
    this.silenceLimit = silenceLimit;
    this.end = end;
    this.ended = ended;
  }

  /**
   * The next message, or null where none came within the timeout. After the end of the timeline it
   * is that again.
   *
   * @throws ReplicationException the server ended the stream with an error; WAL_REMOVED and
   *     AHEAD_OF_SERVER come here, not from the start
   * @throws PostgresException POSTGRES_UNREACHABLE: connection lost, or silent for too long even
   *     when asked for a sign of life
   */
  public @Nullable WalMessage poll(Duration timeout) {
    if (end != null) {
      return end;
    }
    Frame frame = await(timeout);
    return frame == null ? null : read(frame);
  }

  /**
   * As {@link #poll}, of what has come already with a message before, without a look at the
   * connection.
   */
  public @Nullable WalMessage pollArrived() {
    if (end != null) {
      return end;
    }
    Frame frame = channel.arrived(DOING);
    return frame == null ? null : read(frame);
  }

  private WalMessage read(Frame frame) {
    return switch (frame.type()) {
      case 'd' -> message(frame.body());
      case 'c' -> endOfTimeline();
      // A server that shuts down says COPY 0 and goes.
      case 'C' -> throw serverEnding();
      case 'E' -> throw failed(frame);
      default -> throw channel.unexpected(frame, DOING);
    };
  }

  /**
   * Reports positions, each the address after the last byte: what the server may forget is what is
   * flushed, and what a synchronous commit waits for. Call it from the thread that polls.
   *
   * @param replyRequested ask for a KeepAlive in return
   */
  public void sendStatus(Lsn written, Lsn flushed, Lsn applied, boolean replyRequested) {
    this.written = written;
    this.flushed = flushed;
    this.applied = applied;
    if (end == null) {
      repeatStatus(replyRequested);
    }
  }

  private @Nullable Frame await(Duration timeout) {
    long deadline = System.nanoTime() + timeout.toNanos();
    long slice = silenceLimit.toNanos() / 4;
    while (true) {
      long left = Math.max(0, deadline - System.nanoTime());
      Frame frame = channel.next(Duration.ofNanos(Math.min(left, slice)), DOING);
      if (frame != null) {
        return frame;
      }
      checkSilence();
      if (left <= slice) {
        return null;
      }
    }
  }

  private void repeatStatus(boolean replyRequested) {
    ByteBuffer status = ByteBuffer.allocate(1 + 4 * Long.BYTES + 1);
    status.put((byte) 'r');
    status.putLong(written.value()).putLong(flushed.value()).putLong(applied.value());
    status.putLong(PostgresTime.toMicros(Instant.now()));
    status.put((byte) (replyRequested ? 1 : 0));
    try {
      channel.write('d', status.array());
    } catch (IOException e) {
      throw gone(e);
    }
  }

  /**
   * A server that ends the stream says so and goes; a report that is under way then meets nobody.
   */
  private PostgresException gone(IOException e) {
    try {
      for (Frame frame = channel.next(Duration.ZERO, DOING);
          frame != null;
          frame = channel.next(Duration.ZERO, DOING)) {
        if (frame.type() == 'C' || frame.type() == 'E') {
          read(frame);
        }
      }
    } catch (ReplicationException said) {
      return said;
    } catch (PostgresException silent) {
      // It said nothing that was not read: the failure to send is all that is known.
    }
    channel.close();
    return PostgresFailures.lost(DOING, e);
  }

  /**
   * A server whose client reports often enough says nothing by itself, and this thread may not have
   * looked for a while: silence counts only after the server was asked.
   */
  private void checkSilence() {
    Duration half = silenceLimit.dividedBy(2);
    if (channel.silence().compareTo(half) < 0) {
      asked = false;
    } else if (!asked) {
      asked = true;
      askedNanos = System.nanoTime();
      repeatStatus(true);
    } else if (System.nanoTime() - askedNanos > half.toNanos()) {
      channel.close();
      throw PostgresFailures.lost(DOING, new IOException("not a byte within " + silenceLimit));
    }
  }

  private WalMessage message(ByteBuffer body) {
    char kind = (char) body.get();
    if (kind == 'w') {
      return new WalData(lsn(body), lsn(body), instant(body), body.slice());
    }
    if (kind != 'k') {
      throw channel.unexpected(new Frame(kind, body), DOING);
    }
    KeepAlive keepAlive = new KeepAlive(lsn(body), instant(body), body.get() != 0);
    if (keepAlive.replyRequested()) {
      repeatStatus(false);
    }
    return keepAlive;
  }

  private EndOfTimeline endOfTimeline() {
    channel.send('c', new byte[0], DOING);
    List<byte @Nullable []> row = null;
    for (Frame frame = channel.require(silenceLimit, DOING);
        frame.type() != 'Z';
        frame = channel.require(silenceLimit, DOING)) {
      switch (frame.type()) {
        case 'T', 'C' -> {}
        case 'D' -> row = ProtocolChannel.row(frame.body());
        case 'E' -> throw failed(frame);
        default -> throw channel.unexpected(frame, DOING);
      }
    }
    if (row == null) {
      throw serverEnding();
    }
    end = ReplicationRows.endOfTimeline(row);
    ended.run();
    return end;
  }

  private ReplicationException failed(Frame frame) {
    ReplicationException failure = channel.failed(frame, silenceLimit, DOING);
    ended.run();
    return failure;
  }

  private ReplicationException serverEnding() {
    channel.close();
    return new ReplicationException(
        ReplicationFailure.SERVER_ENDING,
        "57P01",
        "PostgreSQL ended the stream: it is shutting down.",
        "Connect again when it is back.");
  }

  private static Lsn lsn(ByteBuffer body) {
    return new Lsn(body.getLong());
  }

  private static Instant instant(ByteBuffer body) {
    return PostgresTime.toInstant(body.getLong());
  }
}
