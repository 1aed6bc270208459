package io.tidemark.repository;

import io.tidemark.store.ObjectStore;
import java.util.Optional;

/**
 * One cluster's part of a repository as its users inside this package see it.
 *
 * @param keyring empty where content is not encrypted
 * @param benches frame codecs with their buffers, for who makes frames himself
 */
record Part(
    ObjectStore store,
    Keys keys,
    ClusterIdentity identity,
    RepositoryOptions options,
    Optional<Keyring> keyring,
    Workbenches benches,
    SealedObjects sealed) {

  static Part of(
      ObjectStore store,
      Keys keys,
      ClusterIdentity identity,
      RepositoryOptions options,
      Optional<Keyring> keyring) {
    Workbenches benches = new Workbenches(options.compression());
    SealedObjects sealed = new SealedObjects(store, options, keyring, benches);
    return new Part(store, keys, identity, options, keyring, benches, sealed);
  }

  Damage damage(String key) {
    return Damage.of(store, key);
  }
}
