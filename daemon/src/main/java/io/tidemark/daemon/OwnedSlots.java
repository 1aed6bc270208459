package io.tidemark.daemon;

import io.tidemark.config.ClusterSettings;
import io.tidemark.config.Configuration;
import io.tidemark.config.ReplicaSettings;
import io.tidemark.postgres.SlotName;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** The slots on a cluster's primary that something configured here reads. */
final class OwnedSlots {
  private OwnedSlots() {}

  static List<SlotName> of(Configuration configuration, ClusterSettings cluster) {
    Stream<String> archiver =
        ServerRules.needsSlot(cluster) ? Stream.of(cluster.archive().slot()) : Stream.empty();
    Stream<String> replicas =
        configuration.replicasOf(cluster).stream()
            .filter(replica -> replica.upstream().isEmpty())
            .map(ReplicaSettings::slot)
            .flatMap(Optional::stream);
    return Stream.concat(archiver, replicas).map(SlotName::new).toList();
  }
}
