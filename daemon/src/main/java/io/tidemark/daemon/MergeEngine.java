package io.tidemark.daemon;

import io.tidemark.analytics.Feed;
import io.tidemark.analytics.FeedDecision;
import io.tidemark.analytics.FeedSpec;
import io.tidemark.analytics.FeedStatus;
import io.tidemark.analytics.TableProblem;
import io.tidemark.analytics.TableRow;
import io.tidemark.analytics.TableState;
import io.tidemark.config.TidemarkException;
import java.time.Duration;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The merge engine's feed of a source. */
final class MergeEngine implements AnalyticsEngine {
  static final List<String> STATES =
      Arrays.stream(TableState.values()).map(TableState::word).toList();

  private final FeedSpec spec;
  private final Feed feed;

  MergeEngine(FeedSpec spec) {
    this.spec = spec;
    this.feed = new Feed(spec);
  }

  @Override
  public Duration step() throws InterruptedException {
    return feed.step();
  }

  @Override
  public AnalyticsReport report() {
    FeedStatus status = feed.status();
    FeedDecision decision = status.decision();
    boolean copies =
        switch (decision) {
          case FeedDecision.Begin _, FeedDecision.CopyOn _, FeedDecision.Rebuild _ -> true;
          case FeedDecision.Wait _,
              FeedDecision.Stream _,
              FeedDecision.Drop _,
              FeedDecision.Refuse _ ->
              false;
        };
    return new AnalyticsReport(
        spec.pipeline().name(),
        spec.source().name(),
        decision.word(),
        decision.why(),
        isExpected(status),
        decision instanceof FeedDecision.Stream && status.failure().isEmpty(),
        copies && status.failure().isEmpty(),
        status.failure().map(TidemarkException::explain),
        status.applied(),
        status.lagBytes(),
        status.dataAsOf(),
        Optional.of(status.movedAt()).filter(_ -> status.applied().isPresent()),
        counts(status),
        tables(status.tables()),
        status.problems().stream().map(TableProblem::toString).toList());
  }

  /** One that could never be looked at may have been started: that it is not there is said. */
  private static boolean isExpected(FeedStatus status) {
    return switch (status.decision()) {
      case FeedDecision.Wait _ -> status.failure().isPresent() && status.applied().isEmpty();
      case FeedDecision.Drop _ -> false;
      case FeedDecision.Begin _,
          FeedDecision.CopyOn _,
          FeedDecision.Stream _,
          FeedDecision.Rebuild _,
          FeedDecision.Refuse _ ->
          true;
    };
  }

  private static Map<Metric, Long> counts(FeedStatus status) {
    Map<Metric, Long> counts = new EnumMap<>(Metric.class);
    counts.put(Metric.ANALYTICS_TRANSACTIONS_TOTAL, status.transactions());
    counts.put(Metric.ANALYTICS_CHANGES_TOTAL, status.changes());
    counts.put(Metric.ANALYTICS_RECEIVED_BYTES_TOTAL, status.receivedBytes());
    counts.put(Metric.ANALYTICS_MISSING_ROWS_TOTAL, status.missingRows());
    counts.put(Metric.ANALYTICS_REBUILDS_TOTAL, status.rebuilds());
    return counts;
  }

  /** As a report has them. */
  static List<AnalyticsReport.Table> tables(List<TableRow> rows) {
    return rows.stream()
        .map(
            row ->
                new AnalyticsReport.Table(
                    row.name().toString(),
                    row.target().toString(),
                    row.state().word(),
                    row.rowsCopied(),
                    row.bytesCopied(),
                    row.bytesPlanned(),
                    row.note()))
        .toList();
  }

  @Override
  public List<String> words() {
    return FeedDecision.WORDS;
  }

  @Override
  public List<String> states() {
    return STATES;
  }

  @Override
  public void end() {
    feed.end();
  }

  @Override
  public void close() {
    feed.close();
  }
}
