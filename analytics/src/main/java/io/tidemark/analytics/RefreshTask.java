package io.tidemark.analytics;

import io.tidemark.config.AnalystSettings.Refresh;
import io.tidemark.config.AnalyticsSettings;
import io.tidemark.config.PipelineSettings;
import io.tidemark.postgres.PostgresSession;
import java.time.Instant;
import java.util.Map;
import java.util.Set;
import java.util.function.BiPredicate;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/**
 * What a scheduler calls when a materialized view is due. Holds nothing between two runs; may be
 * run by several threads, for the same view too.
 */
public final class RefreshTask {
  private final AnalyticsSettings settings;
  private final Supplier<PostgresSession> sessions;
  private final BiPredicate<String, Instant> isDue;

  /**
   * @param sessions gives a new session of the target, which a run closes; its role owns the
   *     materialized views, or is a member of a role that does
   * @param isDue whether the schedule of that view, {@code schema.name}, has this moment too
   */
  public RefreshTask(
      AnalyticsSettings settings,
      Supplier<PostgresSession> sessions,
      BiPredicate<String, Instant> isDue) {
    this.settings = settings;
    this.sessions = sessions;
    this.isDue = isDue;
  }

  /** Runs it as due now, by the target's clock; of those that it reads, all count as due too. */
  public static RefreshOutcome now(
      AnalyticsSettings settings, Supplier<PostgresSession> sessions, String view) {
    try (PostgresSession session = sessions.get()) {
      return refresh(settings, session, (other, moment) -> true).run(view, session.now());
    }
  }

  /**
   * Runs it; see {@link MaterializedViewRefresh#run}.
   *
   * @param due the moment that its schedule says, not the one at which the scheduler got to it
   */
  public RefreshOutcome run(String view, Instant due) {
    try (PostgresSession session = sessions.get()) {
      return refresh(settings, session, isDue).run(view, due);
    }
  }

  private static MaterializedViewRefresh refresh(
      AnalyticsSettings settings, PostgresSession session, BiPredicate<String, Instant> isDue) {
    Map<String, Refresh> refreshes = settings.analysts().refreshes();
    // A schedule may fire before any pipeline was started.
    StateSchema.install(session, settings.stateSchema());
    return new MaterializedViewRefresh(
        session, settings.stateSchema(), pipelinesBySchema(settings), refreshes, isDue);
  }

  private static Map<String, Set<String>> pipelinesBySchema(AnalyticsSettings settings) {
    return settings.pipelines().values().stream()
        .filter(pipeline -> pipeline.engine() == PipelineSettings.Engine.MERGE)
        .collect(
            Collectors.groupingBy(
                PipelineSettings::schema,
                Collectors.mapping(PipelineSettings::name, Collectors.toSet())));
  }
}
