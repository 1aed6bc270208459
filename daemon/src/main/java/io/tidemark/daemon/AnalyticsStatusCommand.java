package io.tidemark.daemon;

import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Says how the pipelines stand. */
@Command(
    name = "status",
    description = {
      "Shows where each source of the pipelines stands, how old its data is, how far it is behind,"
          + " and what is wrong. Asks both databases, not the daemon."
    },
    footer = {
      "%nExamples:",
      "  tidemark analytics status",
      "  tidemark analytics status school --tables"
    })
final class AnalyticsStatusCommand implements Callable<Integer> {
  private final Invocation invocation;

  @Parameters(
      paramLabel = "PIPELINE",
      arity = "0..1",
      description = "A name under analytics.pipelines: (default: all of them).")
  Optional<String> pipeline = Optional.empty();

  @Option(names = "--tables", description = "Every table, too.")
  boolean tables;

  /** What {@code --json} prints. */
  record Report(List<SourceStatus> sources) {}

  AnalyticsStatusCommand(Invocation invocation) {
    this.invocation = invocation;
  }

  @Override
  public Integer call() throws InterruptedException {
    try (AnalyticsDesk desk = AnalyticsDesk.open(invocation)) {
      List<SourceStatus> all =
          new SourceReader(desk.state()).read(desk.plans(pipeline, Optional.empty()));
      invocation.output().result(new Report(all), () -> AnalyticsText.statuses(all, tables));
      return 0;
    }
  }
}
