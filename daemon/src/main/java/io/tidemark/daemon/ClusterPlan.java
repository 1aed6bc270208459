package io.tidemark.daemon;

import io.tidemark.config.ClusterSettings;
import io.tidemark.config.Configuration;
import io.tidemark.config.RepositorySettings;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
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

  /**
   * What a reload changes; a cluster that is changed is in both lists.
   *
   * @param stop names
   * @param start names
   */
  record Change(List<String> stop, List<String> start) {}

  static Change between(Map<String, ClusterPlan> before, Map<String, ClusterPlan> after) {
    return new Change(missingOrOther(before, after), missingOrOther(after, before));
  }

  private static List<String> missingOrOther(
      Map<String, ClusterPlan> of, Map<String, ClusterPlan> in) {
    List<String> names = new ArrayList<>();
    of.forEach(
        (name, plan) -> {
          if (!plan.equals(in.get(name))) {
            names.add(name);
          }
        });
    return names;
  }
}
