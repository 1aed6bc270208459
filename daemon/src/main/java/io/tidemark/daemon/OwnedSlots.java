package io.tidemark.daemon;

import io.tidemark.config.ClusterSettings;
import io.tidemark.config.Configuration;
import io.tidemark.config.ReplicaSettings;
import io.tidemark.config.SourceSettings;
import io.tidemark.postgres.SlotName;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The slots on a cluster's primary that something configured here reads.
 *
 * @param always that must be there
 * @param passing that are there while a source of analytics is started: its own, and a second one
 *     while tables are copied beside
 */
record OwnedSlots(List<SlotName> always, List<SlotName> passing) {
  private static final String SIDE = "_side";

  OwnedSlots {
    always = List.copyOf(always);
    passing = List.copyOf(passing);
  }

  static OwnedSlots of(Configuration configuration, ClusterSettings cluster) {
    Stream<String> archiver =
        ServerRules.needsSlot(cluster) ? Stream.of(cluster.archive().slot()) : Stream.empty();
    Stream<String> replicas =
        configuration.replicasOf(cluster).stream()
            .filter(replica -> replica.upstream().isEmpty())
            .map(ReplicaSettings::slot)
            .flatMap(Optional::stream);
    return new OwnedSlots(
        Stream.concat(archiver, replicas).map(SlotName::new).toList(),
        analytics(configuration, cluster)
            .flatMap(source -> Stream.of(source.slot(), source.slot() + SIDE))
            .map(SlotName::new)
            .toList());
  }

  /** The sources whose slots are on the primary. */
  private static Stream<SourceSettings> analytics(
      Configuration configuration, ClusterSettings cluster) {
    return configuration.analytics().stream()
        .flatMap(analytics -> analytics.pipelines().values().stream())
        .flatMap(pipeline -> pipeline.sources().values().stream())
        .filter(source -> source.cluster().equals(cluster.name()))
        .filter(source -> source.decodeFrom().isEmpty());
  }
}
