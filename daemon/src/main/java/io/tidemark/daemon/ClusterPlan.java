package io.tidemark.daemon;

import io.tidemark.config.ArchiveSettings;
import io.tidemark.config.ClusterSettings;
import io.tidemark.config.Configuration;
import io.tidemark.config.RepositorySettings;
import io.tidemark.postgres.SlotName;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * All that the services of one cluster depend on: while it is equal they need no restart.
 *
 * @param spool directory of this cluster alone
 * @param heartbeats file of this cluster alone
 * @param slots on the primary that something here reads
 */
record ClusterPlan(
    ClusterSettings settings,
    RepositorySettings repository,
    Path spool,
    Path heartbeats,
    List<SlotName> slots) {

  static Map<String, ClusterPlan> of(Configuration configuration) {
    Map<String, ClusterPlan> plans = new LinkedHashMap<>();
    configuration
        .clusters()
        .forEach(
            (name, settings) ->
                plans.put(
                    name,
                    new ClusterPlan(
                        settings,
                        configuration.repositoryOf(settings),
                        configuration.stateDirectory().resolve("spool").resolve(name),
                        configuration.stateDirectory().resolve("heartbeat").resolve(name),
                        slots(configuration, settings))));
    return plans;
  }

  private static List<SlotName> slots(Configuration configuration, ClusterSettings cluster) {
    Stream<String> archive =
        Stream.of(cluster.archive())
            .filter(it -> it.enabled() && it.method() == ArchiveSettings.Method.STREAM)
            .map(ArchiveSettings::slot);
    Stream<String> replicas =
        configuration.replicasOf(cluster).stream()
            .filter(replica -> replica.upstream().isEmpty())
            .flatMap(replica -> replica.slot().stream());
    return Stream.concat(archive, replicas).map(SlotName::new).toList();
  }

  /** The primary's pg_wal, where the data directory that is configured is the primary's. */
  Optional<Path> wal() {
    return settings.backup().standby().isPresent()
        ? Optional.empty()
        : settings.dataDirectory().map(data -> data.resolve("pg_wal"));
  }
}
