package io.tidemark.repository;

import io.tidemark.config.ErrorCode;
import io.tidemark.config.TidemarkException;
import io.tidemark.store.ObjectStore;

/**
 * Says that an object is not what it must be, always in the same words.
 *
 * @param object its key and the store, for messages
 */
record Damage(String object) {
  private static final String HINT =
      "Run `tidemark verify` to see what else is damaged; put the object back from a copy of the"
          + " repository if there is one, and take a new backup.";

  static Damage of(ObjectStore store, String key) {
    return new Damage(key + " in " + store.describe());
  }

  /** The exception to throw; {@code what} is a sentence whose subject is the object. */
  TidemarkException found(String what) {
    return new TidemarkException(ErrorCode.OBJECT_DAMAGED, text(what), HINT);
  }

  TidemarkException found(String what, Throwable cause) {
    return new TidemarkException(ErrorCode.OBJECT_DAMAGED, text(what), HINT, cause);
  }

  private String text(String what) {
    return object + " is damaged: " + what;
  }
}
