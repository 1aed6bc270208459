package io.tidemark.daemon;

import io.tidemark.config.TidemarkException;
import io.tidemark.replicamanager.LogicalDecision;
import io.tidemark.replicamanager.LogicalManager;
import io.tidemark.replicamanager.LogicalReport;
import io.tidemark.replicamanager.LogicalWish;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/** PostgreSQL's own subscription of a pipeline, as its manager keeps it. */
final class NativeEngine implements AnalyticsEngine {
  static final List<String> STATES =
      Arrays.stream(LogicalReport.State.values()).map(NativeTables::word).toList();

  /** Between two turns that look at everything. */
  private static final Duration EVERY = Duration.ofSeconds(5);

  private static final Duration AT_ONCE = Duration.ofMillis(100);

  private final AnalyticsPlan.Native plan;
  private final NativeWishes wishes;
  private final NativeProgress progress;
  private final LogicalManager manager;
  private volatile @Nullable LogicalReport last;
  private final LongAdder rebuilds = new LongAdder();
  private long nextNanos = System.nanoTime();

  NativeEngine(AnalyticsPlan.Native plan) {
    this.plan = plan;
    this.wishes = new NativeWishes(plan);
    this.progress = new NativeProgress(wishes);
    this.manager = new LogicalManager(plan.spec(), wishes, report -> last = report);
  }

  @Override
  public Duration step() throws InterruptedException {
    if (last != null && System.nanoTime() - nextNanos < 0) {
      manager.measure().ifPresent(this::measured);
      return beat();
    }
    if (!wishes.isStarted()) {
      last = null;
      progress.forget();
      return EVERY;
    }
    LogicalReport report = manager.step();
    if (report.failure().isPresent()) {
      throw report.failure().get();
    }
    progress.keep(report);
    if (report.decision() instanceof LogicalDecision.Rebuild) {
      rebuilds.increment();
    }
    if (report.wish() == LogicalWish.DROPPED
        && report.decision() instanceof LogicalDecision.Nothing) {
      wishes.forget();
      last = null;
      progress.forget();
    }
    nextNanos =
        System.nanoTime() + (report.decision().isAction() ? Duration.ZERO : EVERY).toNanos();
    return report.decision().isAction() ? AT_ONCE : beat();
  }

  private void measured(LogicalReport report) {
    last = report;
    progress.keep(report);
  }

  /** Between two looks that say as of when the data is. */
  private Duration beat() {
    Duration heartbeat = plan.pipeline().heartbeat();
    return heartbeat.compareTo(EVERY) < 0 ? heartbeat : EVERY;
  }

  @Override
  public AnalyticsReport report() {
    LogicalReport report = last;
    return report == null ? notStarted() : of(report);
  }

  private AnalyticsReport notStarted() {
    return new AnalyticsReport(
        plan.pipeline().name(),
        plan.source().name(),
        "wait",
        "nobody has started it: tidemark analytics plan, then start",
        false,
        false,
        false,
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        Map.of(),
        List.of(),
        List.of());
  }

  private AnalyticsReport of(LogicalReport report) {
    boolean copies =
        report.tables().stream().anyMatch(table -> table.state() == LogicalReport.State.COPYING);
    OptionalLong lag = report.lagBytes();
    return new AnalyticsReport(
        plan.pipeline().name(),
        plan.source().name(),
        report.decision().word(),
        report.decision().why(),
        report.wish() == LogicalWish.RUNNING,
        report.follows() && report.failure().isEmpty(),
        copies || report.acting(),
        report.failure().map(TidemarkException::explain),
        report.position().map(LogicalReport.Position::applied),
        lag.isPresent() ? Optional.of(lag.getAsLong()) : Optional.empty(),
        progress.dataAsOf(),
        report.position().map(LogicalReport.Position::movedAt),
        Map.of(Metric.ANALYTICS_REBUILDS_TOTAL, rebuilds.sum()),
        report.tables().stream().map(NativeTables::reported).toList(),
        problems(report));
  }

  private static List<String> problems(LogicalReport report) {
    List<String> problems = new ArrayList<>();
    if (report.decision() instanceof LogicalDecision.Refuse(String why, String advice)) {
      problems.add(why + "; " + advice);
    }
    report.tables().stream()
        .filter(table -> table.state() == LogicalReport.State.HELD)
        .forEach(table -> problems.add(table.name() + " is held: " + table.reason()));
    return problems;
  }

  @Override
  public List<String> words() {
    return LogicalDecision.WORDS;
  }

  @Override
  public List<String> states() {
    return STATES;
  }

  /** A turn is short, but for one that is interrupted anyway. */
  @Override
  public void end() {}

  @Override
  public void close() {
    manager.close();
    wishes.close();
  }
}
