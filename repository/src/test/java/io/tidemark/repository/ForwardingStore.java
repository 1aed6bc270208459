package io.tidemark.repository;

import io.tidemark.store.Content;
import io.tidemark.store.ObjectInfo;
import io.tidemark.store.ObjectStore;
import io.tidemark.store.StoreAbilities;
import java.io.InputStream;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** Does what another store does, where a test does not override it. */
class ForwardingStore implements ObjectStore {
  private final ObjectStore store;

  ForwardingStore(ObjectStore store) {
    this.store = store;
  }

  @Override
  public boolean putIfAbsent(String key, Content content) {
    return store.putIfAbsent(key, content);
  }

  @Override
  public InputStream get(String key, long offset, long length) {
    return store.get(key, offset, length);
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
}
