package io.tidemark.repository;

import io.tidemark.store.ObjectStore;
import io.tidemark.store.StoreException;
import java.io.IOException;
import java.io.InputStream;

/** Reads from a store, with a limit, and with the store's own exceptions. */
final class StoreReads {
  private StoreReads() {}

  /** At most {@code length} bytes from {@code offset}; fewer where the object ends. */
  static byte[] range(ObjectStore store, String key, long offset, int length) {
    try (InputStream in = store.get(key, offset, length)) {
      return in.readNBytes(length);
    } catch (IOException e) {
      throw failed(store, key, e);
    }
  }

  /**
   * A small object, whole.
   *
   * @throws io.tidemark.config.TidemarkException OBJECT_DAMAGED where it is longer than {@code
   *     limit} bytes
   */
  static byte[] small(ObjectStore store, String key, int limit) {
    byte[] bytes = range(store, key, 0, limit + 1);
    if (bytes.length > limit) {
      throw Damage.of(store, key).found("it is longer than " + limit + " bytes");
    }
    return bytes;
  }

  /** What a failure while reading a stream of the store's really is. */
  static StoreException failed(ObjectStore store, String key, IOException e) {
    return e.getCause() instanceof StoreException cause
        ? cause
        : new StoreException(
            StoreException.Kind.UNAVAILABLE,
            "reading " + key + " from " + store.describe() + " broke off: " + e.getMessage(),
            "It can be tried again.",
            e);
  }
}
