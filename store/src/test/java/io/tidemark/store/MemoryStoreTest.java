package io.tidemark.store;

final class MemoryStoreTest extends ObjectStoreConformance {
  @Override
  protected ObjectStore openEmpty() {
    return new MemoryStore();
  }
}
