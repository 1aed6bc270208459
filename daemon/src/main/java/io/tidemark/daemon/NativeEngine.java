package io.tidemark.daemon;

import io.tidemark.config.TidemarkException;
import io.tidemark.replicamanager.LogicalDecision;
import io.tidemark.replicamanager.LogicalManager;
import io.tidemark.replicamanager.LogicalReport;
import io.tidemark.replicamanager.LogicalWish;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** PostgreSQL's own subscription of a pipeline, as its manager keeps it. */
final class NativeEngine implements AnalyticsEngine {
  static final List<String> STATES =
      Arrays.stream(LogicalReport.State.values()).map(NativeEngine::word).toList();

  private static final Duration EVERY = Duration.ofSeconds(5);
  private static final Duration AT_ONCE = Duration.ofMillis(100);

  private final AnalyticsPlan.Native plan;
  private final NativeWishes wishes;
  private final LogicalManager manager;
  private volatile @Nullable LogicalReport last;

  NativeEngine(AnalyticsPlan.Native plan) {
    this.plan = plan;
    this.wishes = new NativeWishes(plan);
    this.manager = new LogicalManager(plan.spec(), wishes, report -> last = report);
  }

  @Override
  public Duration step() throws InterruptedException {
    if (!wishes.isStarted()) {
      last = null;
      return EVERY;
    }
    LogicalReport report = manager.step();
    if (report.failure().isPresent()) {
      throw report.failure().get();
    }
    if (report.wish() == LogicalWish.DROPPED
        && report.decision() instanceof LogicalDecision.Nothing) {
      wishes.forget();
    }
    return report.decision().isAction() ? AT_ONCE : EVERY;
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
    boolean running = report.wish() == LogicalWish.RUNNING;
    boolean copies =
        report.tables().stream().anyMatch(table -> table.state() == LogicalReport.State.COPYING);
    return new AnalyticsReport(
        plan.pipeline().name(),
        plan.source().name(),
        report.decision().word(),
        report.decision().why(),
        running,
        running
            && report.decision() instanceof LogicalDecision.Nothing
            && report.failure().isEmpty(),
        copies || report.acting(),
        report.failure().map(TidemarkException::explain),
        Optional.empty(),
        report.lagBytes().isPresent()
            ? Optional.of(report.lagBytes().getAsLong())
            : Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        Map.of(),
        report.tables().stream().map(NativeEngine::table).toList(),
        problems(report));
  }

  private static AnalyticsReport.Table table(LogicalReport.Table table) {
    return new AnalyticsReport.Table(
        table.name().toString(),
        table.name().toString(),
        word(table.state()),
        table.copiedRows(),
        table.copiedBytes(),
        0,
        table.reason());
  }

  private static List<String> problems(LogicalReport report) {
    return report.decision() instanceof LogicalDecision.Refuse(String why, String advice)
        ? List.of(why + "; " + advice)
        : List.of();
  }

  private static String word(LogicalReport.State state) {
    return state.name().toLowerCase(Locale.ROOT).replace('_', '-');
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
