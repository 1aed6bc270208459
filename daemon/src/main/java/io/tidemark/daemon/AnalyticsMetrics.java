package io.tidemark.daemon;

import io.tidemark.analytics.LastRefresh;
import io.tidemark.analytics.Verified;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Tells a scrape what is known of the sources of pipelines, and of the analytics database. */
final class AnalyticsMetrics {
  private static final String COPYING = "copying";

  private final AnalyticsReport report;
  private final MetricSink to;
  private final String pipeline;
  private final String source;

  private AnalyticsMetrics(AnalyticsReport report, MetricSink to) {
    this.report = report;
    this.to = to;
    this.pipeline = report.pipeline();
    this.source = report.source();
  }

  /**
   * Of one source.
   *
   * @param clockAhead by which its clock is ahead of this machine's
   */
  static void tell(AnalyticsService service, Duration clockAhead, MetricSink to) {
    AnalyticsEngine engine = service.engine();
    tell(
        engine.report(),
        service.failure().isPresent(),
        service.plan().pipeline().freshness(),
        engine.words(),
        engine.states(),
        Instant.now(),
        clockAhead,
        to);
  }

  static void tell(
      AnalyticsReport report,
      boolean failed,
      Duration freshness,
      List<String> words,
      List<String> states,
      Instant now,
      Duration clockAhead,
      MetricSink to) {
    AnalyticsMetrics metrics = new AnalyticsMetrics(report, to);
    to.seconds(
        Metric.ANALYTICS_FRESHNESS_OBJECTIVE_SECONDS, freshness, metrics.pipeline, metrics.source);
    metrics.presence(failed || report.failure().isPresent(), words);
    metrics.position(now, clockAhead);
    metrics.tables(states);
    report.counts().forEach((metric, count) -> metrics.number(metric, count));
  }

  private void presence(boolean failed, List<String> words) {
    boolean up = (report.follows() || report.copying()) && !failed;
    to.flag(Metric.ANALYTICS_EXPECTED, report.expected(), pipeline, source);
    to.flag(Metric.ANALYTICS_UP, up, pipeline, source);
    to.flag(Metric.ANALYTICS_FAILED, failed, pipeline, source);
    for (String word : words) {
      to.flag(Metric.ANALYTICS_DECISION, word.equals(report.decision()), pipeline, source, word);
    }
  }

  private void position(Instant now, Duration clockAhead) {
    report
        .dataAsOf()
        .ifPresent(
            at ->
                to.seconds(
                    Metric.ANALYTICS_DATA_AGE_SECONDS,
                    positive(Duration.between(at, now.plus(clockAhead))),
                    pipeline,
                    source));
    report.lagBytes().ifPresent(bytes -> number(Metric.ANALYTICS_LAG_BYTES, bytes));
    report.applied().ifPresent(lsn -> number(Metric.ANALYTICS_APPLIED_LSN_BYTES, lsn.value()));
    report
        .movedAt()
        .ifPresent(
            at ->
                to.seconds(
                    Metric.ANALYTICS_UNMOVED_SECONDS,
                    report.lagBytes().orElse(0L) > 0
                        ? positive(Duration.between(at, now))
                        : Duration.ZERO,
                    pipeline,
                    source));
  }

  private void tables(List<String> states) {
    Map<String, Long> counts = new LinkedHashMap<>();
    states.forEach(state -> counts.put(state, 0L));
    report.tables().forEach(table -> counts.merge(table.state(), 1L, Long::sum));
    counts.forEach(
        (state, count) -> to.number(Metric.ANALYTICS_TABLES, count, pipeline, source, state));
    List<AnalyticsReport.Table> copying =
        report.tables().stream().filter(table -> table.state().equals(COPYING)).toList();
    number(
        Metric.ANALYTICS_COPY_BYTES,
        copying.stream().mapToLong(AnalyticsReport.Table::copiedBytes).sum());
    number(
        Metric.ANALYTICS_COPY_PLANNED_BYTES,
        copying.stream().mapToLong(AnalyticsReport.Table::plannedBytes).sum());
  }

  private void number(Metric metric, long value) {
    to.number(metric, value, pipeline, source);
  }

  private static Duration positive(Duration duration) {
    return duration.isNegative() ? Duration.ZERO : duration;
  }

  /** Of the analytics database as a whole; null: it did not answer. */
  static void tell(AnalyticsWatch.@Nullable Seen seen, MetricSink to) {
    to.flag(Metric.ANALYTICS_TARGET_UP, seen != null);
    if (seen == null) {
      return;
    }
    Map<List<String>, List<Verified>> bySource = new LinkedHashMap<>();
    seen.verified()
        .forEach(
            each ->
                bySource
                    .computeIfAbsent(
                        List.of(each.pipeline(), each.source()), _ -> new ArrayList<>())
                    .add(each));
    bySource.forEach((source, tables) -> verified(source, tables, to));
    seen.refreshes().forEach(refresh -> refresh(refresh, to));
  }

  private static void verified(List<String> source, List<Verified> tables, MetricSink to) {
    String[] labels = source.toArray(String[]::new);
    long mismatches = tables.stream().mapToLong(Verified::mismatches).sum();
    to.number(Metric.ANALYTICS_VERIFICATION_MISMATCHES, mismatches, labels);
    tables.stream()
        .map(Verified::at)
        .min(Instant::compareTo)
        .ifPresent(
            at ->
                to.seconds(
                    Metric.ANALYTICS_VERIFICATION_AGE_SECONDS,
                    positive(Duration.between(at, Instant.now())),
                    labels));
  }

  private static void refresh(LastRefresh refresh, MetricSink to) {
    to.flag(Metric.ANALYTICS_REFRESH_FAILED, refresh.isFailed(), refresh.view());
    to.at(
        Metric.ANALYTICS_REFRESH_LAST_SUCCESS_TIMESTAMP_SECONDS,
        refresh.succeededAt(),
        refresh.view());
  }
}
