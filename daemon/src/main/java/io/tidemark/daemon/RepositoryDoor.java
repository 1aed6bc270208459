package io.tidemark.daemon;

import io.tidemark.config.RepositorySettings;
import io.tidemark.repository.ClusterRepository;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;

/**
 * A cluster's part of the repository, which may not be reachable when the daemon starts: one opens
 * it, the others wait until it is open. Safe for use by many threads.
 */
final class RepositoryDoor implements AutoCloseable {
  private final StorePool stores;
  private final RepositorySettings settings;
  private final String cluster;
  private final CountDownLatch opened = new CountDownLatch(1);
  private StorePool.@Nullable Loan store;
  private volatile @Nullable ClusterRepository repository;

  RepositoryDoor(StorePool stores, RepositorySettings settings, String cluster) {
    this.stores = stores;
    this.settings = settings;
    this.cluster = cluster;
  }

  /** Opens it, or says what is in the way. */
  synchronized ClusterRepository open() {
    ClusterRepository known = repository;
    if (known != null) {
      return known;
    }
    if (store == null) {
      store = stores.borrow(settings);
    }
    ClusterRepository made =
        ClusterRepository.open(store.store(), cluster, Wiring.options(settings));
    repository = made;
    opened.countDown();
    return made;
  }

  /** Waits until it is open. */
  ClusterRepository await() throws InterruptedException {
    opened.await();
    return Objects.requireNonNull(repository);
  }

  /** It if it is open. */
  @Nullable ClusterRepository ifOpen() {
    return repository;
  }

  /** After everybody who uses it has ended. */
  @Override
  public synchronized void close() {
    ClusterRepository known = repository;
    if (known != null) {
      known.close();
    }
    if (store != null) {
      store.close();
      store = null;
    }
  }
}
