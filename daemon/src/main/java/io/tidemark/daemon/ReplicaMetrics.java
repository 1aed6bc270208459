package io.tidemark.daemon;

import io.tidemark.config.ReplicaKind;
import io.tidemark.config.ReplicaSettings;
import io.tidemark.replicamanager.RecoveryView;
import io.tidemark.replicamanager.ReplicaDecision;
import io.tidemark.replicamanager.ReplicaLag;
import io.tidemark.replicamanager.ReplicaReport;
import io.tidemark.replicamanager.StageLag;
import io.tidemark.replicamanager.Wish;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/** Tells a scrape what is known of one replica. */
final class ReplicaMetrics {
  private final ReplicaSettings settings;
  private final MetricSink to;
  private final String cluster;
  private final String name;

  private ReplicaMetrics(ReplicaSettings settings, MetricSink to) {
    this.settings = settings;
    this.to = to;
    this.cluster = settings.cluster();
    this.name = settings.name();
  }

  static void tell(ReplicaVitals vitals, MetricSink to) {
    ReplicaMetrics metrics = new ReplicaMetrics(vitals.spec.settings(), to);
    Optional<ReplicaReport> report = Optional.ofNullable(vitals.report);
    metrics.configured();
    metrics.presence(report);
    report.ifPresent(metrics::decision);
    vitals.lag(Instant.now()).ifPresent(metrics::lag);
  }

  private void configured() {
    to.seconds(Metric.REPLICA_FRESHNESS_OBJECTIVE_SECONDS, settings.freshness(), cluster, name);
    to.known(Metric.REPLICA_DELAY_SECONDS, settings.delay(), cluster, name);
  }

  /** One that is not there has a value that says so: a missing series would alarm nobody. */
  private void presence(Optional<ReplicaReport> report) {
    Optional<RecoveryView> server =
        report.flatMap(r -> r.observation().recovery()).filter(RecoveryView::inRecovery);
    boolean streams = server.filter(RecoveryView::isStreaming).isPresent();
    boolean archiveOnly = settings.kind() == ReplicaKind.ARCHIVE_ONLY;
    boolean heldAt = report.filter(r -> r.observation().wish() instanceof Wish.HeldAt).isPresent();
    boolean holdsBack = server.filter(RecoveryView::holdsBack).isPresent();
    boolean fed = server.isPresent() && (streams || archiveOnly || heldAt || holdsBack);
    to.flag(Metric.REPLICA_EXPECTED, report.map(this::isExpected).orElse(true), cluster, name);
    to.flag(Metric.REPLICA_PRESENT, fed, cluster, name);
    to.flag(
        Metric.REPLICA_UP,
        report.flatMap(r -> r.observation().recovery()).isPresent(),
        cluster,
        name);
    if (!archiveOnly) {
      to.flag(Metric.REPLICA_STREAMING, streams, cluster, name);
    }
    server.ifPresent(this::server);
  }

  private boolean isExpected(ReplicaReport report) {
    boolean building =
        switch (report.decision()) {
          case ReplicaDecision.Build _,
              ReplicaDecision.ContinueBuild _,
              ReplicaDecision.Rebuild _ ->
              report.failure().isEmpty();
          default -> false;
        };
    return switch (report.observation().wish()) {
      case Wish.Promoted _, Wish.Dropped _ -> false;
      case Wish.Running _, Wish.Paused _, Wish.HeldAt _ -> !building;
    };
  }

  private void server(RecoveryView view) {
    view.replayed()
        .ifPresent(lsn -> to.number(Metric.REPLICA_REPLAYED_LSN_BYTES, lsn.value(), cluster, name));
    view.conflicts()
        .forEach(
            (cause, count) ->
                to.number(Metric.REPLICA_CONFLICTS_TOTAL, count, cluster, name, cause));
    to.known(Metric.REPLICA_TRANSACTIONS_TOTAL, view.transactions(), cluster, name);
  }

  private void decision(ReplicaReport report) {
    for (String word : ReplicaDecision.WORDS) {
      to.flag(Metric.REPLICA_DECISION, word.equals(report.decision().word()), cluster, name, word);
    }
    Duration since = Duration.between(report.since(), Instant.now());
    to.seconds(
        Metric.REPLICA_DECISION_SECONDS, since.isNegative() ? Duration.ZERO : since, cluster, name);
    to.flag(Metric.REPLICA_ACTION_FAILED, report.failure().isPresent(), cluster, name);
  }

  private void lag(ReplicaLag lag) {
    to.flag(Metric.REPLICA_HELD, lag.held(), cluster, name);
    to.known(Metric.REPLICA_DATA_AGE_SECONDS, lag.age().known(), cluster, name);
    to.known(Metric.REPLICA_DATA_AGE_AT_LEAST_SECONDS, lag.age().atLeast(), cluster, name);
    to.known(Metric.REPLICA_DELAY_EXCESS_SECONDS, lag.excess(), cluster, name);
    if (settings.delay().isPresent()) {
      to.flag(Metric.REPLICA_DELAY_SHORT, lag.delayShort(), cluster, name);
    }
    stages(lag.stages());
    to.known(Metric.REPLICA_CATCH_UP_SECONDS, lag.catchUp().time(), cluster, name);
    lag.catchUp()
        .willBe()
        .ifPresent(will -> to.flag(Metric.REPLICA_WILL_CATCH_UP, will, cluster, name));
    to.known(Metric.REPLICA_REPLAY_CAPACITY_BYTES_PER_SECOND, lag.replayCapacity(), cluster, name);
    to.known(Metric.REPLICA_REPLAY_UTILISATION_RATIO, lag.utilisation(), cluster, name);
  }

  private void stages(StageLag stages) {
    to.known(Metric.REPLICA_LAG_BYTES, stages.send(), cluster, name, "send");
    to.known(Metric.REPLICA_LAG_BYTES, stages.receive(), cluster, name, "receive");
    to.known(Metric.REPLICA_LAG_BYTES, stages.flush(), cluster, name, "flush");
    to.known(Metric.REPLICA_LAG_BYTES, stages.replay(), cluster, name, "replay");
    to.known(Metric.REPLICA_LAG_BYTES, stages.whole(), cluster, name, "whole");
  }
}
