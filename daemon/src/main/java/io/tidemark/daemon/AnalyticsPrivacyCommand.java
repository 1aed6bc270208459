package io.tidemark.daemon;

import io.tidemark.analytics.FeedInspector;
import io.tidemark.analytics.PrivacyReport;
import io.tidemark.analytics.PrivacyRow;
import io.tidemark.config.ErrorCode;
import io.tidemark.replicamanager.LogicalInspector;
import io.tidemark.replicamanager.LogicalPublished;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** Says what leaves production. */
@Command(
    name = "privacy-report",
    description = {
      "Says column by column what leaves each source and how, and what sees to it: the source's own"
          + " publication where there is one. Also of columns that are not named.",
      "Ends with code 52 where something leaves that the configuration does not want, is still in"
          + " the target from former times, or is masked in a way that makes different keys one."
    },
    footer = {
      "%nExamples:",
      "  tidemark analytics privacy-report school",
      "  tidemark analytics privacy-report --json | jq '.rows[] | select(.leaves)'"
    })
final class AnalyticsPrivacyCommand implements Callable<Integer> {
  private final Invocation invocation;

  @Parameters(
      paramLabel = "PIPELINE",
      arity = "0..1",
      description = "A name under analytics.pipelines: (default: all of them).")
  Optional<String> pipeline = Optional.empty();

  /**
   * What {@code --json} prints.
   *
   * @param filters that the sources evaluate themselves
   */
  record Report(boolean passed, List<PrivacyRow> rows, List<Filter> filters) {}

  /** Only these rows of a table leave. */
  record Filter(String source, String table, String where) {}

  AnalyticsPrivacyCommand(Invocation invocation) {
    this.invocation = invocation;
  }

  @Override
  public Integer call() {
    List<PrivacyRow> rows = new ArrayList<>();
    List<Filter> filters = new ArrayList<>();
    try (AnalyticsDesk desk = AnalyticsDesk.open(invocation)) {
      for (AnalyticsPlan plan : desk.plans(pipeline, Optional.empty())) {
        switch (plan) {
          case AnalyticsPlan.Merge merge -> rows.addAll(rows(merge));
          case AnalyticsPlan.Native its -> published(its, rows, filters);
        }
      }
    }
    boolean passed = new PrivacyReport(rows).violations().isEmpty();
    Report report = new Report(passed, rows, filters);
    invocation.output().result(report, () -> AnalyticsText.privacy(report));
    return report.passed() ? 0 : ErrorCode.CHECK_FAILED.exitCode();
  }

  private static void published(
      AnalyticsPlan.Native plan, List<PrivacyRow> rows, List<Filter> filters) {
    String source = plan.source().name();
    try (LogicalInspector inspector = new LogicalInspector(plan.spec())) {
      List<LogicalPublished> tables = inspector.published();
      rows.addAll(PrivacyReport.of(NativeTables.columns(source, tables)).rows());
      for (LogicalPublished table : tables) {
        table
            .where()
            .ifPresent(where -> filters.add(new Filter(source, table.name().toString(), where)));
      }
    }
  }

  private static List<PrivacyRow> rows(AnalyticsPlan.Merge plan) {
    try (FeedInspector inspector = new FeedInspector(plan.spec())) {
      return inspector.privacy().rows();
    }
  }
}
