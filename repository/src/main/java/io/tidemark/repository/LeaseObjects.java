package io.tidemark.repository;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.tidemark.store.Content;
import io.tidemark.store.ObjectInfo;
import io.tidemark.store.ObjectStore;
import io.tidemark.store.StoreException;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** The numbered objects that leases are made of. */
final class LeaseObjects {
  private static final Pattern NAME = Pattern.compile("([0-9A-F]{16})\\.json");

  /** The newest may be removed by who put a newer one, just before it is read. */
  private static final int MAX_LOOKS = 10;

  private final Part part;
  private final ObjectStore store;
  private final SecureRandom random = new SecureRandom();

  LeaseObjects(Part part) {
    this.part = part;
    this.store = part.store();
  }

  String describe() {
    return part.keys().cluster() + " in " + store.describe();
  }

  /** The kinds of work that ever had a lease. */
  List<String> works() {
    return store.children(part.keys().leases()).stream()
        .filter(name -> name.endsWith("/"))
        .map(name -> name.substring(0, name.length() - 1))
        .filter(Keys::isClusterName)
        .toList();
  }

  /** The store's clock: the time that it gives to an object put now. */
  Instant now() {
    String key = part.keys().clock(random.nextLong());
    store.putIfAbsent(key, Content.of(new byte[0]));
    try {
      return store
          .head(key)
          .map(ObjectInfo::modified)
          .orElseThrow(
              () ->
                  new StoreException(
                      StoreException.Kind.UNAVAILABLE,
                      store.describe() + " does not find " + key + ", which was put just now",
                      "It can be tried again.",
                      null));
    } finally {
      store.delete(key);
    }
  }

  /** The lease with the highest number, or empty if there was never one. */
  Optional<LeaseObject> newest(String work) {
    for (int i = 0; i < MAX_LOOKS; i++) {
      List<Named> all = list(work);
      if (all.isEmpty()) {
        return Optional.empty();
      }
      Optional<LeaseObject> read = read(work, all.getLast());
      if (read.isPresent()) {
        return read;
      }
    }
    throw new StoreException(
        StoreException.Kind.UNAVAILABLE,
        "the newest lease for "
            + work
            + " vanished from "
            + store.describe()
            + " "
            + MAX_LOOKS
            + " times while it was read",
        "It can be tried again.",
        null);
  }

  private record Named(long n, ObjectInfo object) {}

  private List<Named> list(String work) {
    String prefix = part.keys().leases(work);
    try (Stream<ObjectInfo> listed = store.list(prefix)) {
      return listed
          .flatMap(
              object -> {
                Matcher name = NAME.matcher(object.key().substring(prefix.length()));
                return name.matches()
                    ? Stream.of(new Named(Long.parseUnsignedLong(name.group(1), 16), object))
                    : Stream.empty();
              })
          .toList();
    }
  }

  private Optional<LeaseObject> read(String work, Named named) {
    String key = named.object().key();
    try {
      // Not the listing's time: a store may give it more exactly there than for a single object,
      // and only times of one kind can be compared.
      Optional<ObjectInfo> info = store.head(key);
      return info.map(
          object ->
              PlainObjects.read(
                  store,
                  key,
                  json ->
                      new LeaseObject(
                          work,
                          named.n(),
                          Json.string(json, "holder"),
                          Json.number(json, "seconds"),
                          json.path("released").asBoolean(false),
                          object.modified())));
    } catch (StoreException e) {
      if (e.kind() == StoreException.Kind.NOT_FOUND) {
        return Optional.empty();
      }
      throw e;
    }
  }

  /**
   * Puts the lease with number {@code n} and removes those before it; false where somebody else has
   * it.
   */
  boolean put(String work, long n, long seconds, boolean released) {
    ObjectNode json =
        Json.object()
            .put("holder", part.options().writer().toString())
            .put("seconds", seconds)
            .put("released", released)
            .put("at", Json.time(Instant.now()))
            // Two tries of one process must never look alike: a store takes the same bytes put
            // again for the answer to the first put.
            .put("id", Long.toHexString(random.nextLong()));
    if (!PlainObjects.put(store, part.keys().lease(work, n), json)) {
      return false;
    }
    List<Named> all = list(work);
    // Who looked before others took and removed this very number could put it a second time.
    if (all.isEmpty() || all.getLast().n() != n) {
      return false;
    }
    store.deleteAll(
        all.stream().filter(named -> named.n() < n).map(named -> named.object().key()).toList());
    return true;
  }
}
