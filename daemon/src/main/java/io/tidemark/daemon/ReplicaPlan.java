package io.tidemark.daemon;

import io.tidemark.config.Configuration;
import io.tidemark.replicamanager.ReplicaSpec;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * All that the service of one replica depends on: while it is equal it needs no restart.
 *
 * @param cluster whose repository it uses
 */
record ReplicaPlan(ReplicaSpec spec, ClusterPlan cluster) {

  /**
   * @param clusters of the same configuration
   */
  static Map<String, ReplicaPlan> of(
      Configuration configuration, Map<String, ClusterPlan> clusters) {
    Map<String, ReplicaPlan> plans = new LinkedHashMap<>();
    if (configuration.replicas().isEmpty()) {
      return plans;
    }
    Path launcher = Invocation.launcher();
    configuration
        .replicas()
        .forEach(
            (name, replica) -> {
              ClusterPlan cluster = clusters.get(replica.cluster());
              if (cluster != null) {
                plans.put(
                    name,
                    new ReplicaPlan(ReplicaSpec.of(configuration, replica, launcher), cluster));
              }
            });
    return plans;
  }
}
