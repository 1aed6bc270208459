package io.tidemark.bench;

import java.util.Set;
import java.util.function.Consumer;

/** The parts of analytics, between two fresh servers. */
final class AnalyticsBench {
  private final AnalyticsScene scene;

  AnalyticsBench(AnalyticsScene scene) {
    this.scene = scene;
  }

  String head() {
    return "%s. %s; source and target: PostgreSQL %s; page cache warm.\n"
        .formatted(Machine.describe(), scene.program().version(), scene.servers().version());
  }

  /**
   * Measures those of the parts that are of analytics.
   *
   * @param told each result, when it is there
   */
  void run(Set<Bench.Part> parts, Consumer<Result> told) {
    try (AnalyticsServers servers =
        AnalyticsServers.start(scene.work(), scene.servers(), scene.meter())) {
      if (parts.contains(Bench.Part.ANALYTICS_COPY)) {
        for (CopyTable table : CopyTable.values()) {
          told.accept(new AnalyticsCopyPart(scene, servers).run(table));
        }
      }
      boolean apply = parts.contains(Bench.Part.ANALYTICS_APPLY);
      boolean freshness = parts.contains(Bench.Part.ANALYTICS_FRESHNESS);
      if (apply || freshness) {
        AnalyticsApp app = AnalyticsApp.create(scene, servers);
        if (apply) {
          new AnalyticsApplyPart(scene, app).run(told);
        }
        if (freshness) {
          told.accept(new AnalyticsFreshnessPart(scene, app).run());
        }
      }
    }
  }
}
