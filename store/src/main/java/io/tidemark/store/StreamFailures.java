package io.tidemark.store;

import io.tidemark.store.StoreException.Kind;
import java.io.IOException;

/** The two ways between what a stream throws and what a store throws. */
final class StreamFailures {
  private StreamFailures() {}

  /** The store's own failure in it, or that the stream broke off. */
  static StoreException of(String doing, IOException e) {
    return e.getCause() instanceof StoreException cause
        ? cause
        : new StoreException(Kind.UNAVAILABLE, "Cannot " + doing + ": " + e.getMessage(), "", e);
  }

  static IOException in(StoreException e) {
    return new IOException(e.getMessage(), e);
  }
}
