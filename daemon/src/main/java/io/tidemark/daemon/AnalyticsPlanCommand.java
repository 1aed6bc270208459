package io.tidemark.daemon;

import io.tidemark.config.ErrorCode;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** Says what the begin of pipelines would take. */
@Command(
    name = "plan",
    description = {
      "Says before a pipeline is started what would be taken of each source, how long the copy would"
          + " take, what WAL its slot would keep meanwhile, and what room the target needs. Changes"
          + " nothing.",
      "Ends with code 52 where it could not come to an end: the slot would be lost before, or"
          + " changes come faster than they can be applied."
    },
    footer = {
      "%nExamples:",
      "  tidemark analytics plan",
      "  tidemark analytics plan school --wal-rate 40MB/s --rate 80MB/s"
    })
final class AnalyticsPlanCommand implements Callable<Integer> {
  private final Invocation invocation;

  @Parameters(
      paramLabel = "PIPELINE",
      arity = "0..1",
      description = "A name under analytics.pipelines: (default: all of them).")
  Optional<String> pipeline = Optional.empty();

  @Mixin PlanOptions options = new PlanOptions();

  /** What {@code --json} prints. */
  record Report(boolean passed, List<SourcePlan> sources) {}

  AnalyticsPlanCommand(Invocation invocation) {
    this.invocation = invocation;
  }

  @Override
  public Integer call() throws InterruptedException {
    try (AnalyticsDesk desk = AnalyticsDesk.open(invocation)) {
      Report report = plan(desk, desk.plans(pipeline, Optional.empty()), options);
      invocation.output().result(report, () -> AnalyticsText.plans(report.sources()));
      return report.passed() ? 0 : ErrorCode.CHECK_FAILED.exitCode();
    }
  }

  static Report plan(AnalyticsDesk desk, List<AnalyticsPlan> plans, PlanOptions options)
      throws InterruptedException {
    List<SourcePlan> all = new ArrayList<>();
    SourcePlanner planner = new SourcePlanner(options);
    for (AnalyticsPlan plan : plans) {
      all.add(planner.plan(desk, plan));
    }
    return new Report(all.stream().allMatch(SourcePlan::passed), all);
  }
}
