package io.tidemark.daemon;

import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Parameters;

/** A command on the sources of one pipeline. */
abstract class AnalyticsSourceCommand implements Callable<Integer> {
  final Invocation invocation;

  @Parameters(
      index = "0",
      paramLabel = "PIPELINE",
      description = "A name under analytics.pipelines: in the configuration.")
  String pipeline = "";

  @Parameters(
      index = "1",
      paramLabel = "SOURCE",
      arity = "0..1",
      description = "A name under its sources: (default: all of them).")
  Optional<String> source = Optional.empty();

  AnalyticsSourceCommand(Invocation invocation) {
    this.invocation = invocation;
  }

  List<AnalyticsPlan> plans(AnalyticsDesk desk) {
    return desk.plans(Optional.of(pipeline), source);
  }

  /** What {@code --json} prints where the wish of sources was set. */
  record Wished(String pipeline, List<String> sources, String wish) {}

  /** Sets what is wanted, which the daemon sees within seconds. */
  Wished wish(AnalyticsDesk desk, List<AnalyticsPlan> plans, String wish) {
    desk.state().install();
    plans.forEach(plan -> desk.state().wish(plan.pipeline().name(), plan.source().name(), wish));
    return new Wished(pipeline, plans.stream().map(plan -> plan.source().name()).toList(), wish);
  }
}
