package io.tidemark.daemon;

import io.tidemark.config.ClusterSettings;
import io.tidemark.config.Configuration;
import io.tidemark.config.RepositorySettings;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

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
    OwnedSlots slots) {

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
                        OwnedSlots.of(configuration, settings))));
    return plans;
  }

  /** The primary's pg_wal, where the data directory that is configured is the primary's. */
  Optional<Path> wal() {
    return settings.backup().standby().isPresent()
        ? Optional.empty()
        : settings.dataDirectory().map(data -> data.resolve("pg_wal"));
  }
}
