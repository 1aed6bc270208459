package io.tidemark.daemon;

import io.tidemark.config.RepositorySettings;
import io.tidemark.store.ObjectStore;
import io.tidemark.store.StoreObserver;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Function;

/**
 * One open store for each repository, however many clusters use it, so that they share its
 * connections and its bandwidth; closed when the last gives it back. Safe for use by many threads.
 */
final class StorePool {
  private final Function<String, StoreObserver> observers;
  private final Map<RepositorySettings, Shared> open = new HashMap<>();

  private static final class Shared {
    final ObjectStore store;
    int users;

    Shared(ObjectStore store) {
      this.store = store;
    }
  }

  /** A store in use by one; closing gives it back. */
  record Loan(StorePool pool, RepositorySettings settings, ObjectStore store)
      implements AutoCloseable {
    @Override
    public void close() {
      pool.giveBack(settings);
    }
  }

  /**
   * @param observers what watches the store of a repository of that name
   */
  StorePool(Function<String, StoreObserver> observers) {
    this.observers = observers;
  }

  synchronized Loan borrow(RepositorySettings settings) {
    Shared shared = open.get(settings);
    if (shared == null) {
      shared = new Shared(Stores.open(settings, observers.apply(settings.name())));
      open.put(settings, shared);
    }
    shared.users++;
    return new Loan(this, settings, shared.store);
  }

  private synchronized void giveBack(RepositorySettings settings) {
    Shared shared = open.get(settings);
    if (shared != null && --shared.users == 0) {
      open.remove(settings);
      shared.store.close();
    }
  }
}
