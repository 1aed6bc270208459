package io.tidemark.bench;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** A daemon whose only work is one pipeline with one source. */
final class TidemarkPipeline {
  static final String NAME = "bench";

  /** Rows of the target are as those of the source, which is what the peers write. */
  static final String MIRROR = "Tidemark";

  /** Every row, and the key, lead with the columns that tell sources apart. */
  static final String LABELLED = "Tidemark, with label columns";

  private static final String STATES =
      "SELECT count(*) = %d AND bool_and(state = 'streaming') FROM tidemark.table_state";
  private static final String HAS_STATES = "SELECT to_regclass('tidemark.table_state') IS NOT NULL";

  private final AnalyticsScene scene;
  private final Db source;
  private final Db target;
  private final int tables;
  private final Path config;
  private final Path gcLog;
  private final List<Process> daemon = new ArrayList<>();

  /**
   * @param labels whether the target has label columns
   * @param tables of the schema public, with the columns that are taken
   */
  TidemarkPipeline(
      AnalyticsScene scene,
      Db source,
      Db target,
      boolean labels,
      Map<String, List<String>> tables) {
    this.scene = scene;
    this.source = source;
    this.target = target;
    this.tables = tables.size();
    scene.work().remove("analytics-repository");
    this.gcLog = scene.work().remake("analytics-log").resolve("gc.log");
    String lines =
        tables.entrySet().stream()
            .map(
                each ->
                    "        public.%s: {columns: [%s]}\n"
                        .formatted(each.getKey(), String.join(", ", each.getValue())))
            .collect(Collectors.joining());
    this.config = scene.program().configureAnalytics(source, target, NAME, labels, lines);
    scene.program().init(config);
  }

  /** As a table of the source is called in the target. */
  static String table(String name) {
    return NAME + "." + name;
  }

  /** The daemon and the pipeline. */
  void start() {
    daemon.add(scene.program().daemon(config, "-Xlog:gc:file=" + gcLog));
    // Without the plan, which measures the source's WAL for three seconds first.
    scene.shell().run(scene.program().analytics(config, "start", NAME, "--force"));
  }

  void awaitStreaming() {
    target.awaitValue("t", HAS_STATES);
    target.awaitValue("t", STATES.formatted(tables));
  }

  void pause() {
    scene.shell().run(scene.program().analytics(config, "pause", NAME));
    source.awaitValue("0", "SELECT count(*) FROM pg_replication_slots WHERE active");
  }

  void resume() {
    scene.shell().run(scene.program().analytics(config, "resume", NAME));
  }

  Collection<Long> processes() {
    return daemon.stream().map(Process::pid).toList();
  }

  /** The most that the heap held, before a collection, in MiB; 0 before the first. */
  double heapMib() {
    return GcLog.highestMib(gcLog);
  }

  /** Ends the daemon, and leaves its slots to be dropped. */
  void end() {
    daemon.forEach(scene.shell()::end);
    daemon.clear();
    source.awaitValue("0", "SELECT count(*) FROM pg_replication_slots WHERE active");
  }
}
