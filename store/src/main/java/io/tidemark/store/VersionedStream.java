package io.tidemark.store;

import java.io.IOException;
import java.io.InputStream;

/** A stream that knows which version of its object it reads, so that it can be resumed safely. */
abstract class VersionedStream extends InputStream {
  /** Equal for two streams only if they read the same object; empty where it is not known. */
  abstract String version();

  /** Of any stream. */
  static String versionOf(InputStream in) {
    return in instanceof VersionedStream versioned ? versioned.version() : "";
  }

  @Override
  public final int read() throws IOException {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
  }

  @Override
  public abstract int read(byte[] into, int offset, int length) throws IOException;
}
