package io.tidemark.repository;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.tidemark.config.ErrorCode;
import io.tidemark.config.TidemarkException;
import io.tidemark.postgres.SystemId;
import io.tidemark.postgres.WalSegmentSize;
import io.tidemark.store.ObjectStore;
import io.tidemark.store.StoreException;
import java.util.List;

/** {@code cluster.json}. */
final class IdentityObject {
  private IdentityObject() {}

  /** Puts it; false where there is one, whatever it says. */
  static boolean put(ObjectStore store, Keys keys, ClusterIdentity identity, Writer writer) {
    return PlainObjects.put(store, keys.identity(), toJson(identity, writer));
  }

  /**
   * Reads it.
   *
   * @throws TidemarkException REPOSITORY_MISSING naming the clusters that are there, FORMAT_NEWER,
   *     OBJECT_DAMAGED
   */
  static ClusterIdentity read(ObjectStore store, Keys keys) {
    Damage damage = Damage.of(store, keys.identity());
    try {
      return PlainObjects.read(store, keys.identity(), json -> fromJson(damage, json));
    } catch (StoreException e) {
      throw e.kind() == StoreException.Kind.NOT_FOUND ? missing(store, keys) : e;
    }
  }

  /** The clusters of which a repository has a part, in order. */
  static List<String> clusters(ObjectStore store) {
    return store.children("").stream()
        .filter(name -> name.endsWith("/"))
        .map(name -> name.substring(0, name.length() - 1))
        .filter(Keys::isClusterName)
        .filter(name -> store.head(new Keys(name).identity()).isPresent())
        .toList();
  }

  private static TidemarkException missing(ObjectStore store, Keys keys) {
    List<String> clusters = clusters(store);
    return new TidemarkException(
        ErrorCode.REPOSITORY_MISSING,
        "there is no cluster '"
            + keys.cluster()
            + "' in "
            + store.describe()
            + (clusters.isEmpty()
                ? ", nor any other"
                : "; there is " + String.join(", ", clusters)),
        "Run `tidemark init "
            + keys.cluster()
            + "` if it is new; otherwise correct the cluster's name or the repository's address.");
  }

  private static ObjectNode toJson(ClusterIdentity identity, Writer writer) {
    return Json.object()
        .put("format", SealedHeader.FORMAT)
        .put("systemId", identity.systemId().toString())
        .put("postgresMajor", identity.postgresMajor())
        .put("walSegmentSize", identity.walSegmentSize().bytes())
        .put("encrypted", identity.encrypted())
        .put("at", Json.time(identity.createdAt()))
        .put("writer", writer.toString());
  }

  private static ClusterIdentity fromJson(Damage damage, ObjectNode json) {
    SealedHeader.requireFormat(damage, json);
    if (!json.path("encrypted").isBoolean()) {
      throw new IllegalArgumentException("it does not say whether content is encrypted");
    }
    return new ClusterIdentity(
        SystemId.parse(Json.string(json, "systemId")),
        Json.integer(json, "postgresMajor"),
        new WalSegmentSize(Json.integer(json, "walSegmentSize")),
        json.get("encrypted").booleanValue(),
        Json.time(json, "at"));
  }
}
