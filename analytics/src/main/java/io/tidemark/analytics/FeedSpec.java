package io.tidemark.analytics;

import io.tidemark.config.AnalyticsSettings;
import io.tidemark.config.ClusterSettings;
import io.tidemark.config.Configuration;
import io.tidemark.config.PipelineSettings;
import io.tidemark.config.SecretFile;
import io.tidemark.config.SourceSettings;
import io.tidemark.postgres.PostgresEndpoint;
import io.tidemark.postgres.PostgresEndpoint.Target;
import io.tidemark.postgres.SlotName;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * All that one feed depends on: a source of a pipeline, and the target.
 *
 * @param primary the source's database on its primary, where publications are made
 * @param decoded where changes are read and rows copied: the primary, or a standby
 * @param fromStandby whether that is a standby
 * @param pseudonymKey of masks
 * @param batchBytes memory of a batch, about; several are in memory at a time
 */
public record FeedSpec(
    PipelineSettings pipeline,
    SourceSettings source,
    PostgresEndpoint primary,
    PostgresEndpoint decoded,
    boolean fromStandby,
    PostgresEndpoint target,
    String stateSchema,
    Optional<SecretFile> pseudonymKey,
    Path spoolDirectory,
    long batchBytes) {
  private static final long LEAST_BATCH_BYTES = 2L << 20;
  private static final long MOST_BATCH_BYTES = 8L << 20;

  /** What the configuration asks for. */
  public static FeedSpec of(
      Configuration configuration, PipelineSettings pipeline, SourceSettings source) {
    AnalyticsSettings analytics = configuration.requireAnalytics();
    ClusterSettings cluster = configuration.cluster(source.cluster());
    String application = "tidemark_" + pipeline.name() + "_" + source.name();
    PostgresEndpoint primary =
        PostgresEndpoint.of(cluster.connection(), Target.PRIMARY, application)
            .withDatabase(source.database());
    PostgresEndpoint decoded =
        source
            .decodeFrom()
            .map(
                standby ->
                    PostgresEndpoint.of(standby, Target.ANY, application)
                        .withDatabase(source.database()))
            .orElse(primary);
    long feeds =
        analytics.pipelines().values().stream().mapToLong(each -> each.sources().size()).sum();
    long memory = Math.min(analytics.memoryBytes(), Runtime.getRuntime().maxMemory() * 2 / 3);
    long share = memory / Math.max(1, feeds) / batches(pipeline.applyWorkers());
    return new FeedSpec(
        pipeline,
        source,
        primary,
        decoded,
        source.decodeFrom().isPresent(),
        PostgresEndpoint.of(analytics.target(), Target.PRIMARY, application),
        analytics.stateSchema(),
        analytics.pseudonymKeyFile(),
        analytics.spoolDirectory(),
        Math.clamp(share, LEAST_BATCH_BYTES, MOST_BATCH_BYTES));
  }

  /**
   * A batch that is built, one that waits and those that are applied, with the parameters made of
   * them; the side feed has as many.
   */
  private static int batches(int applyWorkers) {
    return 2 * (2 + 2 * applyWorkers);
  }

  /** {@code pipeline/source}. */
  public String name() {
    return pipeline.name() + "/" + source.name();
  }

  SlotName slot(FeedRole role) {
    return new SlotName(source.slot() + (role == FeedRole.SIDE ? "_side" : ""));
  }

  boolean viaRoot() {
    return pipeline.partitions() == PipelineSettings.Partitions.ROOT;
  }

  /** Whether other sources have rows in the same tables. */
  boolean isShared() {
    return pipeline.sources().size() > 1;
  }

  /** Column → value of every row of the source. */
  Map<String, String> labels() {
    Map<String, String> labels = new LinkedHashMap<>();
    pipeline.labelColumns().forEach((label, column) -> labels.put(column, source.label(label)));
    return labels;
  }

  /** Label → value. */
  Map<String, String> labelValues() {
    Map<String, String> labels = new LinkedHashMap<>();
    pipeline.labelColumns().keySet().forEach(label -> labels.put(label, source.label(label)));
    return labels;
  }

  SourceState state() {
    return new SourceState(stateSchema, pipeline.name(), source.name());
  }
}
