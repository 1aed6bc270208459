package io.tidemark.daemon;

import io.tidemark.analytics.SubscribedFeed;
import io.tidemark.analytics.TableName;
import io.tidemark.analytics.TableVerification;
import io.tidemark.analytics.TableVerifier;
import io.tidemark.analytics.VerificationLimits;
import io.tidemark.config.ErrorCode;
import io.tidemark.config.TidemarkException;
import io.tidemark.replicamanager.LogicalInspector;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Compares both sides. */
@Command(
    name = "verify",
    description = {
      "Compares the rows of sources with those in the target, masks applied, while changes flow, and"
          + " says which differ. The result stays in the table tidemark.verification.",
      "With --minutes or --rows it goes on where the last one ended, the table first that was"
          + " compared longest ago. Ends with code 51 where rows differ."
    },
    footer = {
      "%nExamples:",
      "  tidemark analytics verify school",
      "  tidemark analytics verify school mia_app public.orders --repair",
      "  tidemark analytics verify school --minutes 30 --rate 20MB/s"
    })
final class AnalyticsVerifyCommand extends AnalyticsSourceCommand {
  @Parameters(
      index = "2",
      paramLabel = "TABLE",
      arity = "0..1",
      description = "schema.table of the source (default: all of them).")
  Optional<String> table = Optional.empty();

  @Option(names = "--repair", description = "Ask for the resync of each table that differs.")
  boolean repair;

  @Option(
      names = "--minutes",
      paramLabel = "COUNT",
      description = "Of each source at most (default: until all is compared).")
  Optional<Long> minutes = Optional.empty();

  @Option(
      names = "--rows",
      paramLabel = "COUNT",
      description = "Of each source at most (default: all).")
  Optional<Long> rows = Optional.empty();

  @Option(
      names = "--rate",
      paramLabel = "RATE",
      description = "At which both sides are read, such as 20MB/s (default: no limit).")
  Optional<String> rate = Optional.empty();

  /** What {@code --json} prints. */
  record Report(boolean passed, List<Row> tables) {}

  /** A table of a source. */
  record Row(String source, TableVerification found, boolean repair) {}

  AnalyticsVerifyCommand(Invocation invocation) {
    super(invocation);
  }

  @Override
  public Integer call() {
    VerificationLimits limits =
        new VerificationLimits(
            rows.map(OptionalLong::of).orElseGet(OptionalLong::empty),
            minutes.map(Duration::ofMinutes),
            rate.map(PlanOptions::parse).orElseGet(OptionalLong::empty));
    Optional<TableName> only = table.map(AnalyticsResyncCommand::parse);
    List<Row> found = new ArrayList<>();
    Output output = invocation.output();
    try (AnalyticsDesk desk = AnalyticsDesk.open(invocation)) {
      List<AnalyticsPlan> plans = plans(desk);
      if (desk.state().isInstalled()) {
        plans.forEach(plan -> requireMoving(desk, plan));
      }
      for (AnalyticsPlan plan : plans) {
        switch (plan) {
          case AnalyticsPlan.Merge merge ->
              found.addAll(verify(desk, plan, new TableVerifier(merge.spec()), only, limits));
          case AnalyticsPlan.Native its -> found.addAll(verifySubscribed(desk, its, only, limits));
        }
      }
    }
    boolean passed = found.stream().noneMatch(row -> row.found().differs());
    output.result(new Report(passed, found), () -> text(found));
    return passed ? 0 : ErrorCode.VERIFY_FAILED.exitCode();
  }

  /** Two sides can only be compared where the target comes to where the source was read. */
  private static void requireMoving(AnalyticsDesk desk, AnalyticsPlan plan) {
    if (desk.state().wish(plan.pipeline().name(), plan.source().name()).stream()
        .anyMatch("paused"::equals)) {
      throw new TidemarkException(
          ErrorCode.CHECK_FAILED,
          plan.name() + " is paused: the target does not come to where the source is",
          "tidemark analytics resume %s %s, and verify again"
              .formatted(plan.pipeline().name(), plan.source().name()));
    }
  }

  private List<Row> verifySubscribed(
      AnalyticsDesk desk,
      AnalyticsPlan.Native plan,
      Optional<TableName> only,
      VerificationLimits limits) {
    try (LogicalInspector inspector = new LogicalInspector(plan.spec())) {
      SubscribedFeed feed =
          new SubscribedFeed(
              plan.pipeline(),
              plan.source(),
              plan.spec().source(),
              plan.spec().target(),
              plan.spec().stateSchema(),
              () -> NativeTables.compared(inspector.published()));
      return verify(desk, plan, new TableVerifier(feed), only, limits);
    }
  }

  private List<Row> verify(
      AnalyticsDesk desk,
      AnalyticsPlan plan,
      TableVerifier verifier,
      Optional<TableName> only,
      VerificationLimits limits) {
    List<Row> found = new ArrayList<>();
    try (ProgressBar bar = invocation.output().progress("verify " + plan.name())) {
      verifier
          .verify(
              only,
              limits,
              each -> {
                bar.step(each.name().toString());
                bar.detail(each.rows() + " rows");
              })
          .tables()
          .forEach(each -> found.add(row(desk, plan, each)));
    }
    return found;
  }

  private Row row(AnalyticsDesk desk, AnalyticsPlan plan, TableVerification found) {
    boolean asks = repair && found.differs();
    if (asks) {
      desk.state()
          .askResync(plan.pipeline().name(), plan.source().name(), Optional.of(found.name()));
    }
    return new Row(plan.source().name(), found, asks);
  }

  private static String text(List<Row> all) {
    Table table =
        new Table("source", "table", "compared", "rows", "missing", "surplus", "different", "note");
    for (Row row : all) {
      TableVerification found = row.found();
      table.row(
          row.source(),
          found.name().toString(),
          found.complete() ? "all" : "in part",
          "" + found.rows(),
          "" + found.missing(),
          "" + found.surplus(),
          "" + found.different(),
          row.repair() ? "a resync is asked for" : found.note());
    }
    StringBuilder text = new StringBuilder(table.isEmpty() ? "  no table\n" : table.text());
    for (Row row : all) {
      row.found()
          .examples()
          .forEach(
              each ->
                  text.append("  %s %s: %s\n".formatted(row.source(), row.found().name(), each)));
    }
    return text.toString().stripTrailing();
  }
}
