package io.tidemark.store;

import io.tidemark.store.StoreObserver.Operation;
import java.io.InputStream;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.stream.Stream;

/** Tells an observer of every operation. */
public final class ObservedStore implements ObjectStore {
  private final ObjectStore store;
  private final StoreObserver observer;

  /** Takes over the store. */
  public ObservedStore(ObjectStore store, StoreObserver observer) {
    this.store = store;
    this.observer = observer;
  }

  @Override
  public boolean putIfAbsent(String key, Content content) {
    return observe(Operation.PUT, content.size(), () -> store.putIfAbsent(key, content));
  }

  /** A get that opens is reported when its stream is closed, with what was read. */
  @Override
  public InputStream get(String key, long offset, long length) {
    long begun = System.nanoTime();
    try {
      return new ObservedInputStream(store.get(key, offset, length), observer, begun);
    } catch (StoreException e) {
      report(Operation.GET, 0, begun, Optional.of(e.kind()));
      throw e;
    }
  }

  @Override
  public Optional<ObjectInfo> head(String key) {
    return observe(Operation.HEAD, 0, () -> store.head(key));
  }

  @Override
  public Stream<ObjectInfo> list(String prefix) {
    return observe(Operation.LIST, 0, () -> store.list(prefix));
  }

  @Override
  public List<String> children(String prefix) {
    return observe(Operation.CHILDREN, 0, () -> store.children(prefix));
  }

  @Override
  public void delete(String key) {
    observe(
        Operation.DELETE,
        0,
        () -> {
          store.delete(key);
          return true;
        });
  }

  @Override
  public void deleteAll(List<String> keys) {
    observe(
        Operation.DELETE,
        0,
        () -> {
          store.deleteAll(keys);
          return true;
        });
  }

  @Override
  public String describe() {
    return store.describe();
  }

  @Override
  public StoreAbilities probe() {
    return observe(Operation.PROBE, 0, store::probe);
  }

  @Override
  public void close() {
    store.close();
  }

  private <T> T observe(Operation operation, long bytes, Supplier<T> work) {
    long begun = System.nanoTime();
    try {
      T result = work.get();
      report(operation, bytes, begun, Optional.empty());
      return result;
    } catch (StoreException e) {
      report(operation, 0, begun, Optional.of(e.kind()));
      throw e;
    }
  }

  private void report(
      Operation operation, long bytes, long begun, Optional<StoreException.Kind> failure) {
    observer.done(operation, bytes, Duration.ofNanos(System.nanoTime() - begun), failure);
  }
}
