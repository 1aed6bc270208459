package io.tidemark.config;

import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** What replicas must not share, and where each may come from. */
final class ReplicaRules {
  private final Map<String, ClusterSettings> clusters;
  private final Map<String, ReplicaSettings> replicas;
  private final Map<String, Section> sections;
  private final Map<List<Object>, String> taken = new HashMap<>();

  ReplicaRules(
      Map<String, ClusterSettings> clusters,
      Map<String, ReplicaSettings> replicas,
      Map<String, Section> sections) {
    this.clusters = clusters;
    this.replicas = replicas;
    this.sections = sections;
  }

  /** Notes every problem at the key that has it. */
  void check() {
    clusters.forEach(
        (name, cluster) -> {
          cluster.dataDirectory().ifPresent(data -> taken.put(directory(data), "cluster " + name));
          if (cluster.archive().enabled()) {
            taken.put(List.of("slot", name, "", cluster.archive().slot()), "archiving " + name);
          }
        });
    replicas.values().forEach(this::check);
  }

  private void check(ReplicaSettings replica) {
    Section section = sections.getOrDefault(replica.name(), Section.empty());
    if (!clusters.containsKey(replica.cluster())) {
      section.problem(
          "cluster",
          "found \"" + replica.cluster() + "\", which is no cluster of this file",
          "one of " + String.join(", ", clusters.keySet()),
          Nearest.suggestion(replica.cluster(), clusters.keySet()));
    }
    take(section, "directory", directory(replica.directory()), replica);
    take(section, "port", List.of("port", replica.port()), replica);
    replica
        .slot()
        .ifPresent(
            slot ->
                take(
                    section,
                    "slot",
                    List.of("slot", replica.cluster(), replica.upstream().orElse(""), slot),
                    replica));
    checkUpstream(section, replica);
    checkFeed(section, replica);
  }

  /** Without a slot the primary may have removed what it needs: then it must be in the archive. */
  private void checkFeed(Section section, ReplicaSettings replica) {
    ClusterSettings cluster = clusters.get(replica.cluster());
    if (cluster != null
        && !cluster.archive().enabled()
        && replica.kind() == ReplicaKind.DELAYED
        && replica.slot().isEmpty()) {
      section.problem(
          "slot",
          "found none, and " + replica.cluster() + " is not archived",
          "a slot, or archive.enabled: true",
          "");
    }
  }

  private static List<Object> directory(Object directory) {
    return List.of("directory", directory);
  }

  private void take(Section section, String key, List<Object> what, ReplicaSettings replica) {
    String other = taken.putIfAbsent(what, "replica " + replica.name());
    if (other != null) {
      section.problem(
          key, "found " + what.getLast() + ", which " + other + " has", "one of its own", "");
    }
  }

  private void checkUpstream(Section section, ReplicaSettings replica) {
    Optional<String> upstream = replica.upstream();
    if (upstream.isEmpty()) {
      return;
    }
    ReplicaSettings from = replicas.get(upstream.get());
    if (from == null) {
      section.problem(
          "upstream",
          "found \"" + upstream.get() + "\", which is no replica of this file",
          "one of " + String.join(", ", replicas.keySet()),
          Nearest.suggestion(upstream.get(), replicas.keySet()));
    } else if (!from.cluster().equals(replica.cluster())) {
      section.problem(
          "upstream",
          "found \"" + upstream.get() + "\", which is of cluster " + from.cluster(),
          "a replica of cluster " + replica.cluster(),
          "");
    } else if (isCircle(replica)) {
      section.problem(
          "upstream", "found a circle of replicas", "a way that ends at the primary", "");
    }
  }

  private boolean isCircle(ReplicaSettings replica) {
    Set<String> seen = new HashSet<>();
    Optional<ReplicaSettings> at = Optional.of(replica);
    while (at.isPresent()) {
      if (!seen.add(at.get().name())) {
        return true;
      }
      at = at.get().upstream().map(replicas::get);
    }
    return false;
  }
}
