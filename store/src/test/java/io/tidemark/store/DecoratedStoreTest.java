package io.tidemark.store;

import java.nio.file.Path;
import java.util.Random;
import org.junit.jupiter.api.io.TempDir;

/** All decorators together change nothing of what a store does. */
final class DecoratedStoreTest extends ObjectStoreConformance {
  @TempDir private Path directory = Path.of("/nonexistent");

  @Override
  protected ObjectStore openEmpty() {
    ObjectStore posix = PosixStore.create(PosixSettings.of(directory.resolve("store")));
    ObjectStore retrying =
        new RetryingStore(posix, RetryPolicy.usual(), new Random(1), StoreObserver.none());
    ObjectStore limited =
        new LimitedStore(retrying, Bandwidth.unlimited(), Bandwidth.bytesPerSecond(1L << 40));
    return new ObservedStore(limited, StoreObserver.none());
  }
}
