package io.tidemark.store;

import java.util.List;

/**
 * What a store turned out to be able to do.
 *
 * @param writable whether an object could be put and deleted
 * @param putIfAbsent whether a second put of the same name is refused by the server itself
 * @param readsBackWhatWasPut whether the bytes came back unchanged
 * @param notes what an operator should know, a sentence each; empty where all is well
 */
public record StoreAbilities(
    boolean writable, boolean putIfAbsent, boolean readsBackWhatWasPut, List<String> notes) {
  public StoreAbilities {
    notes = List.copyOf(notes);
  }
}
