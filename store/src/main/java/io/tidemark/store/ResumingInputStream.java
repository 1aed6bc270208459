package io.tidemark.store;

import io.tidemark.store.StoreException.Kind;
import java.io.IOException;
import java.io.InputStream;

/**
 * Goes on where a stream broke off. The attempts count anew whenever bytes came, so a large object
 * over a bad line is read to its end, and a server that gives none is given up.
 */
final class ResumingInputStream extends VersionedStream {
  private final ObjectStore store;
  private final Attempts attempts;
  private final String key;
  private final Range range;
  private final String version;
  private InputStream current;
  private long seen;

  ResumingInputStream(
      ObjectStore store, Attempts attempts, String key, Range range, InputStream first) {
    this.store = store;
    this.attempts = attempts;
    this.key = key;
    this.range = range;
    this.current = first;
    this.version = versionOf(first);
    attempts.progressed();
  }

  @Override
  String version() {
    return version;
  }

  @Override
  public int read(byte[] into, int offset, int length) throws IOException {
    while (true) {
      try {
        int count = current.read(into, offset, length);
        if (count > 0) {
          seen += count;
          attempts.progressed();
        }
        return count;
      } catch (IOException e) {
        resumeAfter(StreamFailures.of("read " + key, e));
      }
    }
  }

  private void resumeAfter(StoreException failure) throws IOException {
    // Damaged bytes may be among those already given out: only an interruption can be mended.
    if (failure.kind() != Kind.UNAVAILABLE) {
      throw StreamFailures.in(failure);
    }
    closeBroken(failure);
    StoreException latest = failure;
    while (true) {
      waitAfter(latest);
      try {
        current = reopened();
        return;
      } catch (StoreException e) {
        latest = e;
      }
    }
  }

  private void closeBroken(StoreException failure) {
    try {
      current.close();
    } catch (IOException e) {
      failure.addSuppressed(e);
    }
  }

  private void waitAfter(StoreException failure) throws IOException {
    try {
      attempts.waitAfter(failure);
    } catch (StoreException e) {
      throw StreamFailures.in(e);
    }
  }

  private InputStream reopened() throws IOException {
    long left = range.length() == Long.MAX_VALUE ? range.length() : range.length() - seen;
    InputStream again = store.get(key, range.offset() + seen, left);
    if (versionOf(again).equals(version)) {
      return again;
    }
    again.close();
    throw new StoreException(
        Kind.CORRUPT,
        key + " was replaced while it was read, expected that objects never change",
        "Find out what else writes to " + store.describe() + ".",
        null);
  }

  @Override
  public void close() throws IOException {
    current.close();
  }
}
