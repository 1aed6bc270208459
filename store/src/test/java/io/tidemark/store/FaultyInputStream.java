package io.tidemark.store;

import io.tidemark.store.StoreException.Kind;
import java.io.IOException;
import java.io.InputStream;

/** Ends early, with or without a failure, or gives one wrong byte. */
final class FaultyInputStream extends VersionedStream {
  private final InputStream in;
  private final long kept;
  private final long wrongAt;
  private final boolean fails;
  private long position;

  FaultyInputStream(InputStream in, long kept, long wrongAt, boolean fails) {
    this.in = in;
    this.kept = kept;
    this.wrongAt = wrongAt;
    this.fails = fails;
  }

  @Override
  String version() {
    return versionOf(in);
  }

  @Override
  public int read(byte[] into, int offset, int length) throws IOException {
    if (position >= kept && length > 0) {
      return end();
    }
    int count = in.read(into, offset, (int) Math.min(length, kept - position));
    if (wrongAt >= position && wrongAt < position + count) {
      into[offset + (int) (wrongAt - position)] ^= 1;
    }
    position += Math.max(0, count);
    return count;
  }

  private int end() throws IOException {
    if (fails) {
      throw StreamFailures.in(
          new StoreException(Kind.UNAVAILABLE, "broke off, as the test asked for", "", null));
    }
    return -1;
  }

  @Override
  public void close() throws IOException {
    in.close();
  }
}
