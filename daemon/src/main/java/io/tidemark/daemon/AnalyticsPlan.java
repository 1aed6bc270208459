package io.tidemark.daemon;

import io.tidemark.analytics.FeedSpec;
import io.tidemark.config.AnalyticsSettings;
import io.tidemark.config.ClusterSettings;
import io.tidemark.config.Configuration;
import io.tidemark.config.PipelineSettings;
import io.tidemark.config.SourceSettings;
import io.tidemark.postgres.PostgresEndpoint;
import io.tidemark.postgres.PostgresEndpoint.Target;
import io.tidemark.replicamanager.LogicalSpec;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * All that the service of one source of a pipeline depends on, by the engine that moves it: while
 * it is equal the service needs no restart.
 */
sealed interface AnalyticsPlan {

  /** Tidemark reads the changes, masks and merges them. */
  record Merge(FeedSpec spec) implements AnalyticsPlan {
    @Override
    public PipelineSettings pipeline() {
      return spec.pipeline();
    }

    @Override
    public SourceSettings source() {
      return spec.source();
    }

    @Override
    public PostgresEndpoint primary() {
      return spec.primary();
    }

    @Override
    public PostgresEndpoint decoded() {
      return spec.decoded();
    }
  }

  /** PostgreSQL's own subscription, which Tidemark makes and watches. */
  record Native(LogicalSpec spec, SourceSettings source) implements AnalyticsPlan {
    @Override
    public PipelineSettings pipeline() {
      return spec.pipeline();
    }

    @Override
    public PostgresEndpoint primary() {
      return spec.source();
    }

    @Override
    public PostgresEndpoint decoded() {
      return spec.source();
    }
  }

  PipelineSettings pipeline();

  SourceSettings source();

  /** The source's database on its primary. */
  PostgresEndpoint primary();

  /** The server that has the slot. */
  PostgresEndpoint decoded();

  /** {@code pipeline/source}. */
  default String name() {
    return pipeline().name() + "/" + source().name();
  }

  static AnalyticsPlan of(
      Configuration configuration, PipelineSettings pipeline, SourceSettings source) {
    return switch (pipeline.engine()) {
      case MERGE -> new Merge(FeedSpec.of(configuration, pipeline, source));
      case NATIVE -> new Native(logical(configuration, pipeline, source), source);
    };
  }

  private static LogicalSpec logical(
      Configuration configuration, PipelineSettings pipeline, SourceSettings source) {
    AnalyticsSettings analytics = configuration.requireAnalytics();
    ClusterSettings cluster = configuration.cluster(source.cluster());
    String application = "tidemark_" + pipeline.name();
    return new LogicalSpec(
        pipeline,
        PostgresEndpoint.of(cluster.connection(), Target.PRIMARY, application)
            .withDatabase(source.database()),
        PostgresEndpoint.of(analytics.target(), Target.PRIMARY, application),
        analytics.stateSchema());
  }

  /** Of every source of every pipeline, by {@link #name}, in the order of the file. */
  static Map<String, AnalyticsPlan> of(Configuration configuration) {
    Map<String, AnalyticsPlan> plans = new LinkedHashMap<>();
    for (PipelineSettings pipeline :
        configuration.analytics().map(AnalyticsSettings::pipelines).orElse(Map.of()).values()) {
      for (SourceSettings source : pipeline.sources().values()) {
        AnalyticsPlan plan = of(configuration, pipeline, source);
        plans.put(plan.name(), plan);
      }
    }
    return plans;
  }
}
