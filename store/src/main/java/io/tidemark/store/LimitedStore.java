package io.tidemark.store;

import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** Keeps what is read and what is put below a rate each, which several stores may share. */
public final class LimitedStore implements ObjectStore {
  private final ObjectStore store;
  private final Bandwidth reads;
  private final Bandwidth writes;

  /** Takes over the store. */
  public LimitedStore(ObjectStore store, Bandwidth reads, Bandwidth writes) {
    this.store = store;
    this.reads = reads;
    this.writes = writes;
  }

  /** Waits before the put, so that the request's own deadline is not used up by waiting. */
  @Override
  public boolean putIfAbsent(String key, Content content) {
    writes.take(content.size());
    return store.putIfAbsent(key, content);
  }

  @Override
  public InputStream get(String key, long offset, long length) {
    return new LimitedInputStream(store.get(key, offset, length), reads);
  }

  @Override
  public Optional<ObjectInfo> head(String key) {
    return store.head(key);
  }

  @Override
  public Stream<ObjectInfo> list(String prefix) {
    return store.list(prefix);
  }

  @Override
  public List<String> children(String prefix) {
    return store.children(prefix);
  }

  @Override
  public void delete(String key) {
    store.delete(key);
  }

  @Override
  public void deleteAll(List<String> keys) {
    store.deleteAll(keys);
  }

  @Override
  public String describe() {
    return store.describe();
  }

  @Override
  public StoreAbilities probe() {
    return store.probe();
  }

  @Override
  public void close() {
    store.close();
  }

  private static final class LimitedInputStream extends VersionedStream {
    // Long waits would look to the server like a client that is gone.
    private static final int MOST_AT_ONCE = 64 * 1024;

    private final InputStream in;
    private final Bandwidth reads;

    LimitedInputStream(InputStream in, Bandwidth reads) {
      this.in = in;
      this.reads = reads;
    }

    @Override
    String version() {
      return versionOf(in);
    }

    @Override
    public int read(byte[] into, int offset, int length) throws IOException {
      int count = in.read(into, offset, Math.min(length, MOST_AT_ONCE));
      try {
        reads.take(Math.max(0, count));
      } catch (StoreException e) {
        throw StreamFailures.in(e);
      }
      return count;
    }

    @Override
    public void close() throws IOException {
      in.close();
    }
  }
}
