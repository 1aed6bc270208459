package io.tidemark.daemon;

import io.tidemark.analytics.AnalyticsState;
import io.tidemark.config.AnalyticsSettings;
import io.tidemark.config.Configuration;
import io.tidemark.config.PipelineSettings;
import io.tidemark.config.SourceSettings;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** What commands on the analytics database work with. */
final class AnalyticsDesk implements AutoCloseable {
  private final Configuration configuration;
  private final AnalyticsSettings settings;
  private @Nullable AnalyticsState state;

  private AnalyticsDesk(Configuration configuration) {
    this.configuration = configuration;
    this.settings = configuration.requireAnalytics();
  }

  static AnalyticsDesk open(Invocation invocation) {
    return new AnalyticsDesk(invocation.configuration());
  }

  AnalyticsSettings settings() {
    return settings;
  }

  /** What the target knows; opened when it is first asked for. */
  AnalyticsState state() {
    AnalyticsState open = state;
    if (open == null) {
      open = AnalyticsState.open(settings, "tidemark_cli");
      state = open;
    }
    return open;
  }

  /** Those that are meant; USAGE where there is none of that name. */
  List<AnalyticsPlan> plans(Optional<String> pipeline, Optional<String> source) {
    List<AnalyticsPlan> plans = new ArrayList<>();
    List<PipelineSettings> pipelines =
        pipeline
            .map(name -> List.of(settings.pipeline(name)))
            .orElseGet(() -> List.copyOf(settings.pipelines().values()));
    for (PipelineSettings each : pipelines) {
      List<SourceSettings> sources =
          source
              .map(name -> List.of(each.source(name)))
              .orElseGet(() -> List.copyOf(each.sources().values()));
      sources.forEach(one -> plans.add(AnalyticsPlan.of(configuration, each, one)));
    }
    return plans;
  }

  @Override
  public void close() {
    AnalyticsState open = state;
    state = null;
    if (open != null) {
      open.close();
    }
  }
}
