package io.tidemark.repository;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.tidemark.store.Content;
import io.tidemark.store.ObjectStore;

/** Small objects of plain JSON. */
final class PlainObjects {
  private static final int MAX_BYTES = 64 << 10;

  private PlainObjects() {}

  /** Puts one unless there is one of that name; says whether this call did. */
  static boolean put(ObjectStore store, String key, ObjectNode json) {
    return store.putIfAbsent(key, Content.of(Json.bytes(json)));
  }

  /** Makes something of an object's JSON; throws IllegalArgumentException for what it cannot be. */
  interface Parser<T> {
    T parse(ObjectNode json);
  }

  /**
   * Reads one.
   *
   * @throws io.tidemark.config.TidemarkException OBJECT_DAMAGED; StoreException NOT_FOUND
   */
  static <T> T read(ObjectStore store, String key, Parser<T> parser) {
    byte[] bytes = StoreReads.small(store, key, MAX_BYTES);
    try {
      return parser.parse(Json.parse(bytes));
    } catch (IllegalArgumentException e) {
      throw Damage.of(store, key).found(String.valueOf(e.getMessage()), e);
    }
  }
}
