package io.tidemark.config;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/** What sources must not share, with each other, with archiving and with replicas. */
final class AnalyticsRules {
  private static final Set<String> THIS_MACHINE = Set.of("127.0.0.1", "::1");

  private final Map<String, ClusterSettings> clusters;
  private final Map<String, ReplicaSettings> replicas;
  private final Section section;
  private final Map<List<String>, String> taken = new HashMap<>();

  AnalyticsRules(
      Map<String, ClusterSettings> clusters,
      Map<String, ReplicaSettings> replicas,
      Section section) {
    this.clusters = clusters;
    this.replicas = replicas;
    this.section = section;
  }

  /** Notes every problem at the key that has it. */
  void check(AnalyticsSettings analytics) {
    clusters.values().forEach(this::takeSlot);
    replicas.values().forEach(this::takeSlot);
    for (PipelineSettings pipeline : analytics.pipelines().values()) {
      for (SourceSettings source : pipeline.sources().values()) {
        checkTarget(analytics.target(), pipeline, source);
        checkNames(pipeline, source);
      }
      if (pipeline.engine() == PipelineSettings.Engine.MERGE) {
        pipeline.tables().forEach(table -> checkTable(pipeline, table));
      }
    }
  }

  private void takeSlot(ClusterSettings cluster) {
    ArchiveSettings archive = cluster.archive();
    if (archive.enabled() && archive.method() == ArchiveSettings.Method.STREAM) {
      places(cluster.name())
          .forEach(
              at -> taken.put(List.of("slot", at, archive.slot()), "archiving " + cluster.name()));
    }
  }

  private void takeSlot(ReplicaSettings replica) {
    for (String at : places(replica.cluster())) {
      replica
          .slot()
          .ifPresent(slot -> taken.put(List.of("slot", at, slot), "replica " + replica.name()));
    }
  }

  private void checkTarget(
      ConnectionSettings target, PipelineSettings pipeline, SourceSettings source) {
    Set<String> same = new HashSet<>(servers(target));
    same.retainAll(places(source));
    if (!same.isEmpty() && target.database().equals(source.database())) {
      section.problem(
          "target.database",
          "found \"%s\" on %s, which is the source %s.%s"
              .formatted(
                  source.database(),
                  String.join(", ", same.stream().sorted().toList()),
                  pipeline.name(),
                  source.name()),
          "a database that nothing is read from",
          "");
    }
  }

  /** Slots are of the whole server, and a standby may have copies of the primary's. */
  private void checkNames(PipelineSettings pipeline, SourceSettings source) {
    String key = "pipelines." + pipeline.name() + ".sources." + source.name() + ".";
    String owner = "source " + pipeline.name() + "." + source.name();
    for (String at : places(source)) {
      for (String end : List.of("", SourceSettings.SIDE)) {
        take(key + "slot", List.of("slot", at, source.slot() + end), owner);
      }
      for (String end : List.of("", SourceSettings.APPEND)) {
        take(
            key + "publication",
            List.of("publication", at, source.database(), source.publication() + end),
            owner);
      }
    }
  }

  /** Two pipelines may share a schema, and not a table of it. */
  private void checkTable(PipelineSettings pipeline, TableSettings table) {
    if (!table.tablePattern().contains("*")) {
      String name = table.target().orElse(table.tablePattern());
      take(
          "pipelines." + pipeline.name() + ".tables." + table.pattern() + ".target",
          List.of("table", pipeline.schema(), name),
          "pipeline " + pipeline.name());
    }
  }

  private void take(String key, List<String> what, String owner) {
    String other = taken.putIfAbsent(what, owner);
    if (other != null && !other.equals(owner)) {
      section.problem(
          key, "found " + what.getLast() + ", which " + other + " has", "one of its own", "");
    }
  }

  private Set<String> places(SourceSettings source) {
    Set<String> places = new HashSet<>(places(source.cluster()));
    source.decodeFrom().ifPresent(standby -> places.addAll(servers(standby)));
    return places;
  }

  /** The cluster's name and its servers: two clusters of the file may be databases of one. */
  private List<String> places(String cluster) {
    List<String> places = new ArrayList<>(List.of(cluster));
    ClusterSettings settings = clusters.get(cluster);
    if (settings != null) {
      places.addAll(servers(settings.connection()));
    }
    return places;
  }

  private static List<String> servers(ConnectionSettings connection) {
    return connection.hosts().stream()
        .map(host -> host.toLowerCase(Locale.ROOT))
        .map(host -> THIS_MACHINE.contains(host) ? "localhost" : host)
        .map(host -> host + ":" + connection.port())
        .toList();
  }
}
