package io.tidemark.daemon;

import io.tidemark.analytics.AnalyticsState;
import io.tidemark.config.ErrorCode;
import io.tidemark.config.TidemarkException;
import io.tidemark.replicamanager.ReplicaHome;
import io.tidemark.replicamanager.SubscriberSeed;
import io.tidemark.replicamanager.TableName;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Makes a replica the target of a native pipeline. */
@Command(
    name = "seed",
    description = {
      "Makes a replica on this machine the target of a pipeline with engine: native, and begins the"
          + " pipeline: nothing is copied, as the replica has everything already. By PostgreSQL's"
          + " own pg_createsubscriber, from PostgreSQL 17 on. analytics.target must name the replica's"
          + " host and port, and the source's database.",
      "The replica is a server of its own afterwards, and no standby any more. What is in it beside"
          + " the tables of the pipeline stays there, and is listed."
    },
    footer = {"%nExample:", "  tidemark analytics seed shop standby1"})
final class AnalyticsSeedCommand implements Callable<Integer> {
  private final Invocation invocation;

  @Parameters(
      index = "0",
      paramLabel = "PIPELINE",
      description = "A name under analytics.pipelines: in the configuration.")
  String pipeline = "";

  @Parameters(index = "1", paramLabel = "REPLICA", description = "A name under replicas:.")
  String replica = "";

  @Option(names = "--yes", description = "Do not ask.")
  boolean yes;

  /**
   * What {@code --json} prints.
   *
   * @param tables that follow their source
   * @param left what is in the target beside them, and how it would be removed
   */
  record Report(String pipeline, String replica, List<String> tables, List<String> left) {}

  AnalyticsSeedCommand(Invocation invocation) {
    this.invocation = invocation;
  }

  @Override
  public Integer call() throws InterruptedException {
    Output output = invocation.output();
    try (AnalyticsDesk desk = AnalyticsDesk.open(invocation);
        ReplicaDesk standby = ReplicaDesk.open(invocation, replica);
        ReplicaHome.Lock _ = standby.lock()) {
      AnalyticsPlan.Native plan = plan(desk);
      SubscriberSeed seed = new SubscriberSeed(plan.spec(), standby.spec());
      SubscriberSeed.Plan found = seed.plan();
      output.announce(what(found));
      invocation
          .confirmation()
          .require(yes, "Make " + replica + " the target of " + pipeline + "?");
      try (ProgressBar bar = output.progress("seed " + pipeline)) {
        bar.step("pg_createsubscriber");
        seed.run(found);
      }
      begin(desk.state().install(), plan);
      Report report =
          new Report(
              pipeline,
              replica,
              found.tables().stream().map(TableName::toString).toList(),
              found.left());
      output.result(report, () -> text(report));
      return 0;
    }
  }

  private AnalyticsPlan.Native plan(AnalyticsDesk desk) {
    return desk.plans(Optional.of(pipeline), Optional.empty()).stream()
        .filter(AnalyticsPlan.Native.class::isInstance)
        .map(AnalyticsPlan.Native.class::cast)
        .findFirst()
        .orElseThrow(
            () ->
                new TidemarkException(
                    ErrorCode.USAGE,
                    "the pipeline %s has engine: merge, which copies what it takes"
                        .formatted(pipeline),
                    "tidemark analytics start " + pipeline));
  }

  private static void begin(AnalyticsState state, AnalyticsPlan plan) {
    state.wish(plan.pipeline().name(), plan.source().name(), "running");
  }

  private String what(SubscriberSeed.Plan found) {
    return "This makes %s a server of its own that follows %d tables; it CANNOT BECOME A STANDBY AGAIN without being rebuilt.%s"
        .formatted(
            replica,
            found.tables().size(),
            found.left().isEmpty()
                ? ""
                : "\nBeside them it keeps, until somebody removes it:\n  "
                    + String.join("\n  ", found.left()));
  }

  private static String text(Report report) {
    return """
    %s follows its source with %d tables, and nothing was copied
      take the replica %s out of replicas: in the configuration; its directory is the analytics database's
      see: tidemark analytics status %1$s%s"""
        .formatted(
            report.pipeline(),
            report.tables().size(),
            report.replica(),
            report.left().isEmpty()
                ? ""
                : "\n  beside them it has:\n    " + String.join("\n    ", report.left()));
  }
}
