package io.tidemark.daemon;

import io.tidemark.analytics.RefreshTask;
import io.tidemark.config.AnalystSettings.Refresh;
import io.tidemark.config.AnalyticsSettings;
import io.tidemark.config.Configuration;
import io.tidemark.postgres.PostgresEndpoint;
import io.tidemark.postgres.PostgresSession;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The services of all sources of all pipelines, and what is done for the analytics database as a
 * whole. Changing is for one thread.
 */
final class AnalyticsFeeds implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(AnalyticsFeeds.class);

  /** Of the schedules. */
  static final String GROUP = "analytics refreshes";

  /** A batch under way, and the end of its sessions. */
  private static final Duration END = Duration.ofSeconds(12);

  private static final Duration LONGEST_LOOK = Duration.ofMinutes(15);
  private static final Duration REFRESHES_END = Duration.ofSeconds(1);

  private final Services running;
  private final Schedules schedules;
  private volatile Map<String, AnalyticsService> services = Map.of();
  private Map<String, AnalyticsPlan> plans = Map.of();
  private volatile @Nullable Whole whole;

  /** What is done once, not for each source. */
  private record Whole(
      AnalyticsSettings settings, AnalyticsWatch watch, Loop loop, List<RefreshRun> refreshes) {}

  AnalyticsFeeds(Services running, Schedules schedules) {
    this.running = running;
    this.schedules = schedules;
  }

  /** Starts, stops and restarts what a new configuration changes. */
  void apply(Configuration next) {
    Map<String, AnalyticsPlan> wanted = AnalyticsPlan.of(next);
    PlanChange change = PlanChange.between(plans, wanted);
    Map<String, AnalyticsService> now = new LinkedHashMap<>(services);
    List<AnalyticsService> stopping = new ArrayList<>();
    change.stop().forEach(name -> Optional.ofNullable(now.remove(name)).ifPresent(stopping::add));
    running.close(stopping, END);
    for (String name : change.start()) {
      Optional.ofNullable(wanted.get(name))
          .map(AnalyticsService::new)
          .ifPresent(
              service -> {
                now.put(name, service);
                running.start(service);
              });
    }
    services = now;
    plans = wanted;
    applyWhole(next.analytics());
    if (next.analytics().isPresent() || !change.stop().isEmpty()) {
      LOG.info("analytics: stopped {}, started {}", change.stop(), change.start());
    }
  }

  private void applyWhole(Optional<AnalyticsSettings> next) {
    Whole before = whole;
    if (before != null && next.filter(before.settings()::equals).isPresent()) {
      return;
    }
    stopWhole();
    next.ifPresent(
        settings -> {
          AnalyticsWatch watch = new AnalyticsWatch(settings);
          Loop loop = new Loop("analytics-target", LONGEST_LOOK, watch);
          running.start(loop);
          whole = new Whole(settings, watch, loop, schedule(settings));
        });
  }

  private List<RefreshRun> schedule(AnalyticsSettings settings) {
    Map<String, Refresh> refreshes = settings.analysts().refreshes();
    Map<String, Cron> crons = new LinkedHashMap<>();
    refreshes.forEach(
        (view, refresh) -> refresh.schedule().ifPresent(text -> crons.put(view, new Cron(text))));
    PostgresEndpoint target =
        PostgresEndpoint.of(settings.target(), PostgresEndpoint.Target.PRIMARY, "tidemark_refresh");
    RefreshTask task =
        new RefreshTask(
            settings, () -> PostgresSession.open(target), (view, at) -> isDue(crons.get(view), at));
    List<RefreshRun> runs = new ArrayList<>();
    refreshes.forEach(
        (view, refresh) -> {
          if (refresh.schedule().isPresent()) {
            RefreshRun run = new RefreshRun(view, new Cron(refresh.schedule().get()), task);
            runs.add(run);
            schedules.add(GROUP, view, refresh.schedule(), run);
          }
        });
    return runs;
  }

  private static boolean isDue(@Nullable Cron cron, Instant at) {
    return cron != null && cron.previous(at).filter(at::equals).isPresent();
  }

  private void stopWhole() {
    Whole before = whole;
    whole = null;
    if (before != null) {
      schedules.remove(GROUP, REFRESHES_END);
      before.refreshes().forEach(RefreshRun::close);
      running.close(List.of(before.loop()), REFRESHES_END);
      before.watch().close();
    }
  }

  /** Of every source, in the order of the file but for those that a reload has started. */
  List<AnalyticsService> services() {
    return List.copyOf(services.values());
  }

  /** What the last look into the analytics database found; null where it is not known. */
  AnalyticsWatch.@Nullable Seen seen() {
    Whole now = whole;
    return now == null ? null : now.watch().seen();
  }

  /** How long closing takes at most. */
  Duration end() {
    return services.isEmpty() ? Duration.ZERO : END.plus(REFRESHES_END);
  }

  @Override
  public void close() {
    stopWhole();
    running.close(services(), END);
    services = Map.of();
  }
}
