package io.tidemark.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/** Who follows the app, in turn. */
final class Followers {
  /**
   * One that takes part.
   *
   * @param name as it stands in the table
   * @param make it anew for a run, with an empty target
   */
  record Entry(String name, Function<Db, Follower> make) {}

  private final AnalyticsScene scene;
  private final AnalyticsApp app;

  Followers(AnalyticsScene scene, AnalyticsApp app) {
    this.scene = scene;
    this.app = app;
  }

  /** Tidemark first, where it takes part. */
  List<Entry> all() {
    List<Entry> all = new ArrayList<>(withoutDebezium());
    scene
        .debezium()
        .ifPresent(
            lib ->
                all.add(
                    new Entry(
                        "Debezium, JDBC sink",
                        target -> new DebeziumFollower(scene, app, target, lib))));
    return all;
  }

  /** For what would take it very long. */
  List<Entry> withoutDebezium() {
    List<Entry> all = new ArrayList<>();
    if (!scene.options().peersOnly) {
      all.add(
          new Entry(
              TidemarkPipeline.MIRROR, target -> new TidemarkFollower(scene, app, target, false)));
      all.add(
          new Entry(
              TidemarkPipeline.LABELLED, target -> new TidemarkFollower(scene, app, target, true)));
    }
    if (scene.has("native")) {
      String other = otherStreaming(scene.servers().major());
      all.add(new Entry(NativeFollower.NAME, target -> new NativeFollower(app, target, "")));
      all.add(
          new Entry(
              NativeFollower.NAME + " with streaming = " + other,
              target -> new NativeFollower(app, target, other)));
    }
    return all;
  }

  /** The best that a version can do beside its default, or the default of those before. */
  private static String otherStreaming(int major) {
    return switch (major) {
      case 15 -> "on";
      case 16, 17 -> "parallel";
      default -> "off";
    };
  }
}
