package io.tidemark.store;

import io.tidemark.store.StoreObserver.Operation;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.Optional;

/** Counts what is read and reports it once, at the first close. */
final class ObservedInputStream extends VersionedStream {
  private final InputStream in;
  private final StoreObserver observer;
  private final long begun;
  private long bytes;
  private Optional<StoreException.Kind> failure = Optional.empty();
  private boolean reported;

  ObservedInputStream(InputStream in, StoreObserver observer, long begun) {
    this.in = in;
    this.observer = observer;
    this.begun = begun;
  }

  @Override
  String version() {
    return versionOf(in);
  }

  @Override
  public int read(byte[] into, int offset, int length) throws IOException {
    try {
      int count = in.read(into, offset, length);
      bytes += Math.max(0, count);
      return count;
    } catch (IOException e) {
      failure = Optional.of(StreamFailures.of("read", e).kind());
      throw e;
    }
  }

  @Override
  public void close() throws IOException {
    if (!reported) {
      reported = true;
      Duration took = Duration.ofNanos(System.nanoTime() - begun);
      observer.done(Operation.GET, bytes, took, failure);
    }
    in.close();
  }
}
