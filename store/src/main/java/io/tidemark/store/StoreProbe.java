package io.tidemark.store;

import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Predicate;

/** Tries a store out with an object of its own, which it removes. */
final class StoreProbe {
  private static final int SIZE = 70_000;

  private final ObjectStore store;
  private final Predicate<String> refusesSecondPut;
  private final List<String> notes = new ArrayList<>();

  /**
   * @param refusesSecondPut puts other bytes under a key that is there, and tells whether the
   *     server itself refused
   */
  StoreProbe(ObjectStore store, Predicate<String> refusesSecondPut) {
    this.store = store;
    this.refusesSecondPut = refusesSecondPut;
  }

  /** A store that cannot be reached fails; one that says no is described. */
  StoreAbilities run() {
    byte[] bytes = new byte[SIZE];
    ThreadLocalRandom.current().nextBytes(bytes);
    String key = ".probe/" + HexFormat.of().formatHex(bytes, 0, 16);
    try {
      store.putIfAbsent(key, Content.of(bytes));
    } catch (StoreException e) {
      return notWritable(e);
    }
    try {
      boolean sameBytes = readsBack(key, bytes);
      boolean refusesSecond = refusesSecond(key);
      return new StoreAbilities(deletes(key), refusesSecond, sameBytes, notes);
    } catch (StoreException e) {
      deletes(key);
      throw e;
    }
  }

  private StoreAbilities notWritable(StoreException e) {
    return switch (e.kind()) {
      case DENIED, REFUSED, NO_SPACE -> {
        notes.add("Nothing can be put: " + e.getMessage() + ". " + e.hint());
        yield new StoreAbilities(false, false, false, notes);
      }
      case NOT_FOUND, UNAVAILABLE, CORRUPT -> throw e;
    };
  }

  private boolean readsBack(String key, byte[] expected) {
    try (InputStream in = store.get(key)) {
      boolean same = Arrays.equals(in.readNBytes(2 * SIZE), expected);
      if (!same) {
        notes.add("What is read is not what was put; do not use this store.");
      }
      return same;
    } catch (IOException e) {
      notes.add("What was put cannot be read: " + e.getMessage());
      return false;
    }
  }

  private boolean refusesSecond(String key) {
    boolean refused = refusesSecondPut.test(key);
    if (!refused) {
      notes.add(
          "A second put of one name is not refused, so two writers of one cluster are not kept"
              + " apart. Let only one process write, or use another store.");
    }
    return refused;
  }

  private boolean deletes(String key) {
    try {
      store.delete(key);
      return true;
    } catch (StoreException e) {
      notes.add("Objects can be put but not deleted: " + e.getMessage());
      return false;
    }
  }
}
