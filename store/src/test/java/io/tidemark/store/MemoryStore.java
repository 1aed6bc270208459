package io.tidemark.store;

import io.tidemark.store.StoreException.Kind;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.List;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentNavigableMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.stream.Stream;

/** A store in memory that keeps every rule of the contract: a fast one for other modules' tests. */
public final class MemoryStore implements ObjectStore {
  private record Stored(ByteBuffer bytes, Instant at) {}

  private final ConcurrentNavigableMap<String, Stored> objects = new ConcurrentSkipListMap<>();

  @Override
  public boolean putIfAbsent(String key, Content content) {
    refuseKeyWithinKey(ObjectKey.check(key));
    return objects.putIfAbsent(key, new Stored(bytes(content), Instant.now())) == null;
  }

  private static ByteBuffer bytes(Content content) {
    try (InputStream in = content.open()) {
      return ByteBuffer.wrap(in.readAllBytes());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void refuseKeyWithinKey(String key) {
    boolean within = !below(key + "/").isEmpty();
    for (int slash = key.indexOf('/'); slash > 0; slash = key.indexOf('/', slash + 1)) {
      within |= objects.containsKey(key.substring(0, slash));
    }
    if (within) {
      throw new StoreException(Kind.REFUSED, key + " and another key overlap", "", null);
    }
  }

  private NavigableMap<String, Stored> below(String prefix) {
    return prefix.isEmpty() ? objects : objects.subMap(prefix, true, prefix + '\uffff', false);
  }

  @Override
  public InputStream get(String key, long offset, long length) {
    Range range = Range.of(offset, length);
    Stored stored = objects.get(ObjectKey.check(key));
    if (stored == null) {
      throw new StoreException(Kind.NOT_FOUND, "There is no object " + key, "", null);
    }
    int from = (int) range.from(stored.bytes.limit());
    int to = (int) range.to(stored.bytes.limit());
    return Content.of(stored.bytes.slice(from, to - from)).open();
  }

  @Override
  public Optional<ObjectInfo> head(String key) {
    return Optional.ofNullable(objects.get(ObjectKey.check(key))).map(found -> info(key, found));
  }

  private static ObjectInfo info(String key, Stored stored) {
    return new ObjectInfo(key, stored.bytes.limit(), stored.at);
  }

  @Override
  public Stream<ObjectInfo> list(String prefix) {
    return below(ObjectKey.checkPrefix(prefix)).entrySet().stream()
        .map(entry -> info(entry.getKey(), entry.getValue()));
  }

  @Override
  public List<String> children(String prefix) {
    TreeSet<String> names = new TreeSet<>();
    for (String key : below(ObjectKey.checkPrefix(prefix)).keySet()) {
      int slash = key.indexOf('/', prefix.length());
      names.add(key.substring(prefix.length(), slash < 0 ? key.length() : slash + 1));
    }
    return List.copyOf(names);
  }

  @Override
  public void delete(String key) {
    objects.remove(ObjectKey.check(key));
  }

  @Override
  public String describe() {
    return "memory:";
  }

  @Override
  public StoreAbilities probe() {
    return new StoreProbe(this, key -> !putIfAbsent(key, Content.of(new byte[] {1}))).run();
  }

  @Override
  public void close() {}
}
