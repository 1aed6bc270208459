package io.tidemark.daemon;

import io.tidemark.config.ClusterSettings;
import io.tidemark.config.Configuration;
import io.tidemark.config.RepositorySettings;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * All that the services of one cluster depend on: while it is equal they need no restart.
 *
 * @param spool directory of this cluster alone
 */
record ClusterPlan(ClusterSettings settings, RepositorySettings repository, Path spool) {

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
                        configuration.stateDirectory().resolve("spool").resolve(name))));
    return plans;
  }
}
