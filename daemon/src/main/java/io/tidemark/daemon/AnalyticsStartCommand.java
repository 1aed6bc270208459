package io.tidemark.daemon;

import io.tidemark.config.ErrorCode;
import io.tidemark.config.TidemarkException;
import java.util.List;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Has the daemon begin a pipeline. */
@Command(
    name = "start",
    description = {
      "Has the daemon begin to copy and follow the sources of a pipeline. Makes the plan first, and"
          + " refuses what could not come to an end, unless --force is given."
    },
    footer = {
      "%nExamples:",
      "  tidemark analytics start school",
      "  tidemark analytics start school mia_app --force"
    })
final class AnalyticsStartCommand extends AnalyticsSourceCommand {
  @Option(names = "--force", description = "Also where the plan refuses it.")
  boolean force;

  @Mixin PlanOptions options = new PlanOptions();

  AnalyticsStartCommand(Invocation invocation) {
    super(invocation);
  }

  @Override
  public Integer call() throws InterruptedException {
    try (AnalyticsDesk desk = AnalyticsDesk.open(invocation)) {
      List<AnalyticsPlan> plans = plans(desk);
      if (!force) {
        require(AnalyticsPlanCommand.plan(desk, plans, options));
      }
      Wished done = wish(desk, plans, "running");
      invocation
          .output()
          .result(
              done,
              () ->
                  "%s: %s begin when the daemon looks\n  see: tidemark analytics status %1$s"
                      .formatted(pipeline, String.join(", ", done.sources())));
      return 0;
    }
  }

  private void require(AnalyticsPlanCommand.Report report) {
    if (!report.passed()) {
      String why =
          report.sources().stream()
              .filter(plan -> !plan.passed())
              .map(plan -> plan.source() + ": " + String.join("; ", plan.refusals()))
              .collect(Collectors.joining("\n  "));
      throw new TidemarkException(
          ErrorCode.CHECK_FAILED,
          "it would not come to an end: " + why,
          "tidemark analytics plan " + pipeline + " says more; --force begins it all the same");
    }
  }
}
