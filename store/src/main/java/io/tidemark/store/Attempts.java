package io.tidemark.store;

import io.tidemark.store.StoreException.Kind;
import io.tidemark.store.StoreObserver.Operation;
import java.time.Duration;
import java.util.random.RandomGenerator;

/** Counts the attempts at one operation, and waits between them. Used by one thread. */
final class Attempts {
  private final RetryPolicy policy;
  private final RandomGenerator random;
  private final StoreObserver observer;
  private final Operation operation;
  private long begun = System.nanoTime();
  private int made;

  Attempts(
      RetryPolicy policy, RandomGenerator random, StoreObserver observer, Operation operation) {
    this.policy = policy;
    this.random = random;
    this.observer = observer;
    this.operation = operation;
  }

  /** Waits until the next attempt may begin, or throws the failure if there is to be none. */
  void waitAfter(StoreException failure) {
    made++;
    Duration wait = policy.waitAfter(made, random);
    Duration begins = Duration.ofNanos(System.nanoTime() - begun).plus(wait);
    if (!failure.kind().retryable()
        || made >= policy.attempts()
        || begins.compareTo(policy.deadline()) > 0) {
      throw failure;
    }
    observer.retrying(operation, made, failure);
    sleep(wait, failure);
  }

  /** Something went well: begin to count anew. */
  void progressed() {
    made = 0;
    begun = System.nanoTime();
  }

  private static void sleep(Duration wait, StoreException why) {
    try {
      Thread.sleep(wait);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new StoreException(
          Kind.UNAVAILABLE, "Interrupted before another try: " + why.getMessage(), "", why);
    }
  }
}
