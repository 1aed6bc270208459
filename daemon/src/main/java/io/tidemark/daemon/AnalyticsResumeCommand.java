package io.tidemark.daemon;

import io.tidemark.config.ErrorCode;
import io.tidemark.config.TidemarkException;
import java.util.List;
import picocli.CommandLine.Command;

/** Has the daemon go on. */
@Command(
    name = "resume",
    description = {"Has the daemon go on with sources of a pipeline that were paused."},
    footer = {"%nExample:", "  tidemark analytics resume school"})
final class AnalyticsResumeCommand extends AnalyticsSourceCommand {
  AnalyticsResumeCommand(Invocation invocation) {
    super(invocation);
  }

  @Override
  public Integer call() {
    try (AnalyticsDesk desk = AnalyticsDesk.open(invocation)) {
      List<AnalyticsPlan> plans = plans(desk);
      desk.state().install();
      plans.forEach(plan -> requireStarted(desk, plan));
      Wished done = wish(desk, plans, "running");
      invocation
          .output()
          .result(
              done, () -> "%s: %s go on".formatted(pipeline, String.join(", ", done.sources())));
      return 0;
    }
  }

  private static void requireStarted(AnalyticsDesk desk, AnalyticsPlan plan) {
    if (desk.state().wish(plan.pipeline().name(), plan.source().name()).isEmpty()) {
      throw new TidemarkException(
          ErrorCode.USAGE,
          plan.name() + " was never started, so that nothing can go on",
          "tidemark analytics start " + plan.pipeline().name());
    }
  }
}
