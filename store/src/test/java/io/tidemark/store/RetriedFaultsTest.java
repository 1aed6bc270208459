package io.tidemark.store;

import io.tidemark.store.StoreException.Kind;
import io.tidemark.store.StoreObserver.Operation;
import java.time.Duration;
import java.util.Random;

/** Retries hide from every rule of the contract that each fifth call but a put is spoiled. */
final class RetriedFaultsTest extends ObjectStoreConformance {
  private static final long SEED = 20_261_120;

  @Override
  protected ObjectStore openEmpty() {
    FaultyStore faulty = new FaultyStore(new MemoryStore());
    // Not puts: one that was doubtful may claim an object of the same bytes, as documented.
    faulty.randomly(
        SEED,
        0.2,
        call -> call.operation() != Operation.PUT,
        new StoreFault.Fail(Kind.UNAVAILABLE),
        new StoreFault.LoseAnswer(Kind.UNAVAILABLE),
        new StoreFault.BreakOff(3),
        new StoreFault.BreakOff(70_000));
    RetryPolicy patient =
        new RetryPolicy(20, Duration.ofNanos(1), Duration.ofMillis(1), Duration.ofMinutes(1));
    return new RetryingStore(faulty, patient, new Random(SEED), StoreObserver.none());
  }
}
