package io.tidemark.analytics;

import io.tidemark.postgres.PostgresSession;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** Gathers what COPY reads or writes. Written by one thread, and without a lock. */
final class CopyBuffer {
  private static final byte[] NULL = {'\\', 'N'};

  /** For each byte what follows a backslash instead of it; 0: it stays. */
  private static final byte[] ESCAPES = new byte[256];

  static {
    ESCAPES['\\'] = '\\';
    ESCAPES['\n'] = 'n';
    ESCAPES['\r'] = 'r';
    ESCAPES['\t'] = 't';
  }

  private static final VarHandle INTS =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.BIG_ENDIAN);

  private byte[] bytes;
  private int size;

  CopyBuffer(int capacity) {
    this.bytes = new byte[capacity];
  }

  int size() {
    return size;
  }

  /** What was gathered; the buffer is empty after it. */
  byte[] take() {
    byte[] taken = Arrays.copyOf(bytes, size);
    size = 0;
    return taken;
  }

  /** Sends what was gathered; the buffer is empty after it. */
  void sendTo(PostgresSession.CopyTarget target) {
    target.write(bytes, size);
    size = 0;
  }

  /** One byte as it is. */
  void raw(int value) {
    need(1);
    bytes[size++] = (byte) value;
  }

  /** Four bytes, the highest first. */
  void number(int value) {
    need(Integer.BYTES);
    INTS.set(bytes, size, value);
    size += Integer.BYTES;
  }

  /** Bytes as they are. */
  void raw(byte[] value) {
    raw(value, 0, value.length);
  }

  /** Bytes as they are. */
  void raw(byte[] from, int offset, int length) {
    need(length);
    System.arraycopy(from, offset, bytes, size, length);
    size += length;
  }

  /** A value of the binary format: its length and its bytes. */
  void field(byte @Nullable [] value) {
    number(value == null ? -1 : value.length);
    if (value != null) {
      raw(value);
    }
  }

  /** A value of the text format, escaped. */
  void value(byte @Nullable [] value) {
    if (value == null) {
      raw(NULL);
      return;
    }
    need(2 * value.length);
    byte[] to = bytes;
    int at = size;
    for (byte each : value) {
      byte escape = ESCAPES[each & 0xFF];
      if (escape != 0) {
        to[at++] = '\\';
        to[at++] = escape;
      } else {
        to[at++] = each;
      }
    }
    size = at;
  }

  private void need(int more) {
    if (bytes.length - size < more) {
      bytes = Arrays.copyOf(bytes, Math.addExact(Math.max(bytes.length * 2, size), more));
    }
  }
}
