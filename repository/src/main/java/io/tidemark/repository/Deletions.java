package io.tidemark.repository;

import io.tidemark.store.ObjectInfo;
import io.tidemark.store.ObjectStore;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** Deletes objects in the order given, many by one request, and counts them. */
final class Deletions {
  private static final int BATCH = 500;

  private final ObjectStore store;
  private final Runnable mayGoOn;
  private final List<String> batch = new ArrayList<>();
  private long objects;
  private long bytes;

  /**
   * @param mayGoOn asked before each request; throws where nothing more may be deleted
   */
  Deletions(ObjectStore store, Runnable mayGoOn) {
    this.store = store;
    this.mayGoOn = mayGoOn;
  }

  /** Deletes one, perhaps only with the next {@link #flush}. */
  void delete(ObjectInfo object) {
    batch.add(object.key());
    objects++;
    bytes += object.size();
    if (batch.size() >= BATCH) {
      flush();
    }
  }

  /** Deletes one now, after all that were given before. */
  void deleteNow(String key) {
    flush();
    store
        .head(key)
        .ifPresent(
            object -> {
              delete(object);
              flush();
            });
  }

  /** Deletes everything under {@code prefix}. */
  void deleteAll(String prefix) {
    for (ObjectInfo object : listed(prefix)) {
      delete(object);
    }
    flush();
  }

  /** A listing at rest: deleting beneath a running one may confuse a store. */
  List<ObjectInfo> listed(String prefix) {
    try (Stream<ObjectInfo> all = store.list(prefix)) {
      return all.toList();
    }
  }

  /** When it returns, all that were given are deleted. */
  void flush() {
    if (!batch.isEmpty()) {
      mayGoOn.run();
      store.deleteAll(List.copyOf(batch));
      batch.clear();
    }
  }

  long objects() {
    return objects;
  }

  long bytes() {
    return bytes;
  }
}
