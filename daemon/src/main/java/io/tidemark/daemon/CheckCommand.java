package io.tidemark.daemon;

import io.tidemark.config.ClusterSettings;
import io.tidemark.config.Configuration;
import io.tidemark.config.ErrorCode;
import io.tidemark.daemon.Finding.Level;
import io.tidemark.daemon.Output.Color;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** Says what stands in the way, and what to change. */
@Command(
    name = "check",
    description = {
      "Checks everything that clusters need: configuration, secrets, connections, privileges,"
          + " settings of PostgreSQL, slot, data directory, store, repository, clocks; and what the"
          + " pipelines of analytics need, where no cluster is named. Changes nothing.",
      "Prints what to change, with the SQL. Ends with code 52 if something fails."
    },
    footer = {"%nExamples:", "  tidemark check", "  tidemark check main --json"})
final class CheckCommand implements Callable<Integer> {
  private final Invocation invocation;

  @Parameters(
      paramLabel = "CLUSTER",
      arity = "0..1",
      description = "A name under clusters: in the configuration (default: all of them).")
  Optional<String> cluster = Optional.empty();

  /** What {@code --json} prints. */
  record Report(boolean passed, List<ClusterFindings> clusters) {}

  /** Of one cluster, or of {@code analytics}. */
  record ClusterFindings(String cluster, boolean passed, List<Finding> findings) {}

  CheckCommand(Invocation invocation) {
    this.invocation = invocation;
  }

  @Override
  public Integer call() {
    Configuration configuration = invocation.configuration();
    List<ClusterFindings> all = new ArrayList<>();
    try (Wiring wiring = invocation.wiring(configuration)) {
      for (ClusterSettings settings : Invocation.clusters(configuration, cluster)) {
        List<Finding> findings = new ClusterCheck(wiring, settings).run();
        boolean passed = findings.stream().noneMatch(finding -> finding.level() == Level.FAIL);
        all.add(new ClusterFindings(settings.name(), passed, findings));
      }
    }
    if (cluster.isEmpty() && configuration.analytics().isPresent()) {
      all.add(analytics());
    }
    boolean passed = all.stream().allMatch(ClusterFindings::passed);
    Output output = invocation.output();
    output.result(new Report(passed, all), () -> text(output, all));
    return passed ? 0 : ErrorCode.CHECK_FAILED.exitCode();
  }

  private ClusterFindings analytics() {
    try (AnalyticsDesk desk = AnalyticsDesk.open(invocation)) {
      List<Finding> findings = new AnalyticsCheck(desk).run();
      boolean passed = findings.stream().noneMatch(finding -> finding.level() == Level.FAIL);
      return new ClusterFindings("analytics", passed, findings);
    }
  }

  private static String text(Output output, List<ClusterFindings> all) {
    return all.stream()
        .map(
            each ->
                each.cluster()
                    + "\n"
                    + each.findings().stream()
                        .map(finding -> text(output, finding))
                        .collect(Collectors.joining("\n")))
        .collect(Collectors.joining("\n\n"));
  }

  private static String text(Output output, Finding finding) {
    String level =
        switch (finding.level()) {
          case OK -> output.in(Color.GREEN, "ok  ");
          case WARN -> output.in(Color.YELLOW, "warn");
          case FAIL -> output.in(Color.RED, "FAIL");
        };
    String text = "  %s  %s: %s".formatted(level, finding.check(), finding.found());
    return finding.change().isEmpty()
        ? text
        : text + "\n        change: " + finding.change().replace("\n", "\n        ");
  }
}
