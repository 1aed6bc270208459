package io.tidemark.store;

import java.time.Duration;
import java.util.Optional;

/** Is told of every operation on a store, on the thread that does it; must not throw or block. */
public interface StoreObserver {
  /** What was done. */
  enum Operation {
    PUT,
    GET,
    HEAD,
    LIST,
    CHILDREN,
    DELETE,
    PROBE
  }

  /**
   * An operation ended; a get when its stream is closed, a list when its first page was there.
   *
   * @param bytes put or read
   * @param failure how it failed; empty if it did not. An object that is not there is a failure
   *     here, and no fault of the store's
   */
  void done(Operation operation, long bytes, Duration took, Optional<StoreException.Kind> failure);

  /**
   * An operation is to be tried again.
   *
   * @param attempt which one failed, from 1
   */
  default void retrying(Operation operation, int attempt, StoreException failure) {}

  /** Wants to know nothing. */
  static StoreObserver none() {
    return (operation, bytes, took, failure) -> {};
  }
}
