package io.tidemark.store;

import io.tidemark.store.StoreException.Kind;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;

/** A range of a file. Used by one thread at a time. */
final class PosixInputStream extends VersionedStream {
  // The JDK keeps a direct buffer as large as the largest read, per thread.
  private static final int MOST_AT_ONCE = 256 * 1024;

  private final FileChannel file;
  private final String key;
  private final PosixFailures failures;
  private final String version;
  private long position;
  private final long end;

  /** Takes over the channel. The range must lie within the file. */
  PosixInputStream(
      FileChannel file, String key, PosixFailures failures, String version, long from, long end) {
    this.file = file;
    this.key = key;
    this.failures = failures;
    this.version = version;
    this.position = from;
    this.end = end;
  }

  @Override
  String version() {
    return version;
  }

  @Override
  public int read(byte[] into, int offset, int length) throws IOException {
    if (length == 0) {
      return 0;
    }
    if (position >= end) {
      return -1;
    }
    int most = (int) Math.min(Math.min(length, MOST_AT_ONCE), end - position);
    int count = readFile(ByteBuffer.wrap(into, offset, most));
    if (count < 0) {
      throw cutShort();
    }
    position += count;
    return count;
  }

  private int readFile(ByteBuffer into) throws IOException {
    try {
      return file.read(into, position);
    } catch (IOException e) {
      StoreException cause = failures.explain("read " + key, 0, e);
      throw new IOException(cause.getMessage(), cause);
    }
  }

  private IOException cutShort() {
    StoreException cause =
        new StoreException(
            Kind.CORRUPT,
            key + " ends after " + position + " bytes, expected " + end,
            "Something shortened the file while it was read.",
            null);
    return new IOException(cause.getMessage(), cause);
  }

  @Override
  public int available() {
    return (int) Math.min(Integer.MAX_VALUE, end - position);
  }

  @Override
  public void close() throws IOException {
    file.close();
  }
}
