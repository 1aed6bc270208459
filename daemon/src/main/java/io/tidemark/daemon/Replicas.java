package io.tidemark.daemon;

import io.tidemark.replicamanager.ReplicaSources;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The services of all replicas. Those of a cluster whose services change are stopped before it and
 * started after it: they use its door to the repository. Changing is for one thread.
 */
final class Replicas implements AutoCloseable {
  /** What a broken off build needs to end. */
  private static final Duration END = Duration.ofSeconds(15);

  private final Services running;
  private final ReplicaSources sources = new ReplicaSources();
  private volatile Map<String, ReplicaService> services = Map.of();
  private Map<String, ReplicaPlan> plans = Map.of();

  Replicas(Services running) {
    this.running = running;
  }

  /** Stops what a new configuration changes or leaves out; its servers run on. */
  PlanChange stopChanged(Map<String, ReplicaPlan> wanted) {
    PlanChange change = PlanChange.between(plans, wanted);
    Map<String, ReplicaService> kept = new LinkedHashMap<>(services);
    List<ReplicaService> stopping = new ArrayList<>();
    change.stop().forEach(name -> Optional.ofNullable(kept.remove(name)).ifPresent(stopping::add));
    running.close(stopping, END);
    services = kept;
    plans = wanted;
    return change;
  }

  /** Starts what {@link #stopChanged} has found to be new. */
  void start(PlanChange change, Map<String, ClusterServices> clusters) {
    Map<String, ReplicaService> now = new LinkedHashMap<>(services);
    for (String name : change.start()) {
      ReplicaPlan plan = plans.get(name);
      ClusterServices cluster =
          plan == null ? null : clusters.get(plan.cluster().settings().name());
      if (plan != null && cluster != null) {
        ReplicaService service =
            new ReplicaService(plan, cluster.vitals(), cluster.door(), cluster.archive(), sources);
        now.put(name, service);
        running.start(service);
      }
    }
    services = now;
  }

  /** How long closing takes at most. */
  Duration end() {
    return services.isEmpty() ? Duration.ZERO : END;
  }

  /** Of all, in the order of the file but for those that a reload has started. */
  List<ReplicaVitals> vitals() {
    return services.values().stream().map(ReplicaService::vitals).toList();
  }

  @Override
  public void close() {
    running.close(List.copyOf(services.values()), END);
    services = Map.of();
    sources.close();
  }
}
