package io.tidemark.postgres;

import java.io.EOFException;
import java.io.IOException;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Cuts the bytes from a server into messages: a type byte, a length, a body ("Message Formats" in
 * PostgreSQL's documentation). A wait that ends in the middle of a message loses nothing: the next
 * one goes on there. One thread reads.
 */
final class FrameReader {
  private static final int HEADER_BYTES = 5;
  private static final int BUFFER_BYTES = 64 << 10;

  /** More than any message of physical replication: WAL comes in pieces of 128 KiB. */
  static final int PHYSICAL_MAX_BYTES = 64 << 20;

  /** A row is one message. PostgreSQL's own limit of 1 GiB would ask for a heap of several. */
  static final int LOGICAL_MAX_BYTES = 512 << 20;

  /** A message is longer than it may be here, or the bytes are no messages. */
  static final class TooLongException extends IOException {
    private static final long serialVersionUID = 1L;

    TooLongException(long length, int limit) {
      super(
          "a message of %d bytes is none of PostgreSQL's, or more than the %d that are read here"
              .formatted(length, limit));
    }
  }

  /**
   * One message.
   *
   * @param body nobody else's, from position 0
   */
  record Frame(char type, ByteBuffer body) {}

  private final Socket socket;
  private final int maxBytes;
  private final ByteBuffer buffer = ByteBuffer.allocate(BUFFER_BYTES).limit(0);
  private char type;
  private @Nullable ByteBuffer body;
  private long lastByteNanos = System.nanoTime();

  FrameReader(Socket socket, int maxBytes) {
    this.socket = socket;
    this.maxBytes = maxBytes;
  }

  /** The next message, or null where none was complete within the timeout. Reads at least once. */
  @Nullable Frame next(Duration timeout) throws IOException {
    long deadline = System.nanoTime() + timeout.toNanos();
    Frame frame = take();
    while (frame == null) {
      boolean some = fill(deadline - System.nanoTime());
      frame = take();
      if (!some || deadline - System.nanoTime() < 0) {
        return frame;
      }
    }
    return frame;
  }

  /** How long no byte has come. */
  Duration silence() {
    return Duration.ofNanos(System.nanoTime() - lastByteNanos);
  }

  /** The next message where all of it was read already. */
  @Nullable Frame take() throws IOException {
    if (body == null && buffer.remaining() >= HEADER_BYTES) {
      type = (char) buffer.get();
      body = ByteBuffer.allocate(bodyLength(buffer.getInt()));
    }
    if (body == null) {
      return null;
    }
    int length = Math.min(body.remaining(), buffer.remaining());
    body.put(body.position(), buffer, buffer.position(), length);
    body.position(body.position() + length);
    buffer.position(buffer.position() + length);
    return body.hasRemaining() ? null : finish(body);
  }

  private Frame finish(ByteBuffer whole) {
    body = null;
    return new Frame(type, whole.flip());
  }

  private int bodyLength(int length) throws IOException {
    if (length < 4 || length - 4 > maxBytes) {
      throw new TooLongException(length, maxBytes);
    }
    return length - 4;
  }

  /** Reads once, a long body directly to where it belongs. False where nothing came in time. */
  private boolean fill(long nanos) throws IOException {
    socket.setSoTimeout(Math.clamp((nanos + 999_999) / 1_000_000, 1, Integer.MAX_VALUE));
    if (body != null && body.remaining() >= BUFFER_BYTES) {
      return read(body);
    }
    buffer.compact();
    try {
      return read(buffer);
    } finally {
      buffer.flip();
    }
  }

  private boolean read(ByteBuffer target) throws IOException {
    try {
      int offset = target.arrayOffset() + target.position();
      int count = socket.getInputStream().read(target.array(), offset, target.remaining());
      if (count < 0) {
        throw new EOFException("the server closed the connection");
      }
      lastByteNanos = System.nanoTime();
      target.position(target.position() + count);
      return true;
    } catch (SocketTimeoutException e) {
      return false;
    }
  }
}
