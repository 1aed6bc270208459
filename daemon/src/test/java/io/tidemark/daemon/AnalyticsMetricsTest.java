package io.tidemark.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.analytics.FeedDecision;
import io.tidemark.analytics.LastRefresh;
import io.tidemark.analytics.TableName;
import io.tidemark.analytics.Verified;
import io.tidemark.config.Configuration;
import io.tidemark.postgres.Lsn;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class AnalyticsMetricsTest {
  private static final Instant NOW = Instant.parse("2026-11-27T12:00:00Z");
  private static final String FILE =
      """
      state-directory: /var/lib/tidemark
      repositories: {repo: {type: posix, path: /srv/repo}}
      clusters:
        main: {repository: repo, connection: {host: db1, user: tidemark}}
      analytics:
        target: {host: dwh, database: warehouse, user: tidemark}
        pipelines:
          school:
            freshness: 30s
            sources: {app: {cluster: main, database: app}}
            tables: {public.orders: {columns: [id]}}
      """;

  @Test
  void saysOfASourceThatWasNeverLookedAtThatItIsNotUp() {
    Configuration configuration = Configuration.parse(Path.of("tidemark.yaml"), FILE);
    AnalyticsService service =
        new AnalyticsService(AnalyticsPlan.of(configuration).values().iterator().next());
    Map<String, Double> told = new LinkedHashMap<>();
    AnalyticsMetrics.tell(service, Duration.ZERO, into(told));

    assertThat(told)
        .containsEntry("ANALYTICS_UP[school, app]", 0.0)
        .containsEntry("ANALYTICS_FRESHNESS_OBJECTIVE_SECONDS[school, app]", 30.0)
        .containsEntry("ANALYTICS_REBUILDS_TOTAL[school, app]", 0.0)
        .containsEntry("ANALYTICS_TABLES[school, app, held]", 0.0)
        .doesNotContainKeys(
            "ANALYTICS_DATA_AGE_SECONDS[school, app]",
            "ANALYTICS_LAG_BYTES[school, app]",
            "ANALYTICS_UNMOVED_SECONDS[school, app]",
            "ANALYTICS_APPLIED_LSN_BYTES[school, app]");
  }

  @Test
  void countsTheAgeOfDataByTheSourcesClock() {
    Map<String, Double> told =
        told(report("stream", 100L, Optional.empty()), Duration.ofSeconds(2));

    assertThat(told)
        .containsEntry("ANALYTICS_DATA_AGE_SECONDS[school, app]", 12.0)
        .containsEntry("ANALYTICS_LAG_BYTES[school, app]", 100.0)
        .containsEntry("ANALYTICS_UNMOVED_SECONDS[school, app]", 5.0)
        .containsEntry("ANALYTICS_UP[school, app]", 1.0)
        .containsEntry("ANALYTICS_DECISION[school, app, stream]", 1.0)
        .containsEntry("ANALYTICS_DECISION[school, app, wait]", 0.0)
        .containsEntry("ANALYTICS_TABLES[school, app, copying]", 2.0)
        .containsEntry("ANALYTICS_COPY_BYTES[school, app]", 30.0)
        .containsEntry("ANALYTICS_COPY_PLANNED_BYTES[school, app]", 300.0)
        .containsEntry("ANALYTICS_CHANGES_TOTAL[school, app]", 7.0);
    assertThat(told(report("stream", 0L, Optional.empty()), Duration.ofMinutes(-1)))
        .as("a clock that is behind makes no negative age")
        .containsEntry("ANALYTICS_DATA_AGE_SECONDS[school, app]", 0.0)
        .containsEntry("ANALYTICS_UNMOVED_SECONDS[school, app]", 0.0);
  }

  @Test
  void isNotUpWhileItsTurnsFail() {
    assertThat(told(report("stream", 0L, Optional.of("away")), Duration.ZERO))
        .containsEntry("ANALYTICS_UP[school, app]", 0.0)
        .containsEntry("ANALYTICS_FAILED[school, app]", 1.0)
        .containsEntry("ANALYTICS_EXPECTED[school, app]", 1.0);
  }

  @Test
  void tellsWhatComparisonsAndRefreshesCameTo() {
    Map<String, Double> told = new LinkedHashMap<>();
    Instant at = Instant.now().minusSeconds(60);
    AnalyticsMetrics.tell(
        new AnalyticsWatch.Seen(
            List.of(verified("a", at, 1, 2, 3), verified("b", at.plusSeconds(50), 0, 0, 4)),
            List.of(
                new LastRefresh("reports.daily", "failed", NOW, Optional.of(NOW), "no"),
                new LastRefresh("reports.new", "refreshed", NOW, Optional.of(NOW), ""))),
        into(told));

    assertThat(told)
        .containsEntry("ANALYTICS_TARGET_UP[]", 1.0)
        .containsEntry("ANALYTICS_VERIFICATION_MISMATCHES[school, app]", 10.0)
        .containsEntry("ANALYTICS_REFRESH_FAILED[reports.daily]", 1.0)
        .containsEntry("ANALYTICS_REFRESH_FAILED[reports.new]", 0.0);
    assertThat(told.get("ANALYTICS_VERIFICATION_AGE_SECONDS[school, app]")).isBetween(59.0, 90.0);
    told.clear();
    AnalyticsMetrics.tell(null, into(told));
    assertThat(told).containsExactly(Map.entry("ANALYTICS_TARGET_UP[]", 0.0));
  }

  @Test
  void waitsLongerAfterEachFailureUpToALimit() {
    assertThat(AnalyticsService.pauseAfter(0)).isEqualTo(Duration.ofSeconds(3));
    assertThat(AnalyticsService.pauseAfter(3)).isEqualTo(Duration.ofSeconds(24));
    assertThat(AnalyticsService.pauseAfter(1000)).isEqualTo(Duration.ofMinutes(5));
  }

  private static Verified verified(String table, Instant at, long missing, long more, long other) {
    return new Verified(
        "school", "app", new TableName("public", table), at, 100, missing, more, other, true);
  }

  private static AnalyticsReport report(String decision, Long lag, Optional<String> failure) {
    return new AnalyticsReport(
        "school",
        "app",
        decision,
        "because",
        true,
        failure.isEmpty(),
        false,
        failure,
        Optional.of(Lsn.parse("0/100")),
        Optional.of(lag),
        Optional.of(NOW.minusSeconds(10)),
        Optional.of(NOW.minusSeconds(5)),
        Map.of(Metric.ANALYTICS_CHANGES_TOTAL, 7L),
        List.of(copying("a"), copying("b")),
        List.of());
  }

  private static AnalyticsReport.Table copying(String name) {
    return new AnalyticsReport.Table("public." + name, "school." + name, "copying", 5, 15, 150, "");
  }

  private static Map<String, Double> told(AnalyticsReport report, Duration clockAhead) {
    Map<String, Double> told = new LinkedHashMap<>();
    AnalyticsMetrics.tell(
        report,
        false,
        Duration.ofSeconds(30),
        FeedDecision.WORDS,
        MergeEngine.STATES,
        NOW,
        clockAhead,
        into(told));
    return told;
  }

  private static MetricSink into(Map<String, Double> told) {
    return (metric, value, labels) -> told.put(metric + List.of(labels).toString(), value);
  }
}
