package io.tidemark.store;

import io.tidemark.store.StoreException.Kind;
import io.tidemark.store.StoreObserver.Operation;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Spliterator;
import java.util.Spliterators;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

/**
 * Tries again what may help: a bounded number of times, with growing waits, until a deadline. A get
 * that breaks off goes on where it was, if the object is still the same one; so does a listing.
 */
public final class RetryingStore implements ObjectStore {
  private final ObjectStore store;
  private final RetryPolicy policy;
  private final RandomGenerator random;
  private final StoreObserver observer;

  /**
   * Takes over the store.
   *
   * @param random spreads the waits; safe for use by many threads
   */
  public RetryingStore(
      ObjectStore store, RetryPolicy policy, RandomGenerator random, StoreObserver observer) {
    this.store = store;
    this.policy = policy;
    this.random = random;
    this.observer = observer;
  }

  @Override
  public boolean putIfAbsent(String key, Content content) {
    Attempts attempts = attempts(Operation.PUT);
    boolean doubtful = false;
    while (true) {
      try {
        boolean created = store.putIfAbsent(key, content);
        // What is there may be what an earlier try put, whose answer was lost.
        return created || (doubtful && holds(key, content));
      } catch (StoreException e) {
        doubtful = true;
        attempts.waitAfter(e);
      }
    }
  }

  private boolean holds(String key, Content content) {
    Optional<ObjectInfo> there = head(key);
    if (there.isEmpty() || there.get().size() != content.size()) {
      return false;
    }
    try (InputStream stored = get(key);
        InputStream ours = content.open()) {
      return SameBytes.in(stored, ours);
    } catch (StoreException e) {
      // Deleted again in between: certainly not what a caller could rely on as its own.
      if (e.kind() == Kind.NOT_FOUND) {
        return false;
      }
      throw e;
    } catch (IOException e) {
      throw StreamFailures.of("compare " + key, e);
    }
  }

  @Override
  public InputStream get(String key, long offset, long length) {
    Attempts attempts = attempts(Operation.GET);
    InputStream first = retry(attempts, () -> store.get(key, offset, length));
    return new ResumingInputStream(store, attempts, key, new Range(offset, length), first);
  }

  @Override
  public Optional<ObjectInfo> head(String key) {
    return retry(attempts(Operation.HEAD), () -> store.head(key));
  }

  @Override
  public Stream<ObjectInfo> list(String prefix) {
    Attempts attempts = attempts(Operation.LIST);
    Stream<ObjectInfo> first = retry(attempts, () -> store.list(prefix));
    ResumingListing listing = new ResumingListing(store, attempts, prefix, first);
    return StreamSupport.stream(
            Spliterators.spliteratorUnknownSize(
                listing, Spliterator.ORDERED | Spliterator.DISTINCT | Spliterator.NONNULL),
            false)
        .onClose(listing::close);
  }

  @Override
  public List<String> children(String prefix) {
    return retry(attempts(Operation.CHILDREN), () -> store.children(prefix));
  }

  @Override
  public void delete(String key) {
    retry(
        attempts(Operation.DELETE),
        () -> {
          store.delete(key);
          return true;
        });
  }

  @Override
  public void deleteAll(List<String> keys) {
    List<String> copy = new ArrayList<>(keys);
    retry(
        attempts(Operation.DELETE),
        () -> {
          store.deleteAll(copy);
          return true;
        });
  }

  @Override
  public String describe() {
    return store.describe();
  }

  @Override
  public StoreAbilities probe() {
    return retry(attempts(Operation.PROBE), store::probe);
  }

  @Override
  public void close() {
    store.close();
  }

  private Attempts attempts(Operation operation) {
    return new Attempts(policy, random, observer, operation);
  }

  private static <T> T retry(Attempts attempts, Supplier<T> operation) {
    while (true) {
      try {
        return operation.get();
      } catch (StoreException e) {
        attempts.waitAfter(e);
      }
    }
  }
}
