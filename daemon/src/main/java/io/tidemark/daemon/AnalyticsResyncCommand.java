package io.tidemark.daemon;

import io.tidemark.analytics.AnalyticsState;
import io.tidemark.analytics.TableName;
import io.tidemark.analytics.TableRow;
import io.tidemark.analytics.TableState;
import io.tidemark.config.ErrorCode;
import io.tidemark.config.TidemarkException;
import io.tidemark.replicamanager.LogicalInspector;
import io.tidemark.replicamanager.LogicalReport;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.function.Predicate;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Has the daemon copy tables again. */
@Command(
    name = "resync",
    description = {
      "Has the daemon copy one table of a source again, or all of them, while the others go on. Rows"
          + " of other sources are not touched. Also lets a table go on that is held."
    },
    footer = {
      "%nExamples:",
      "  tidemark analytics resync school mia_app public.orders --wait",
      "  tidemark analytics resync school mia_app"
    })
final class AnalyticsResyncCommand implements Callable<Integer> {
  private static final Duration TAKEN_LIMIT = Duration.ofMinutes(2);
  private static final Duration LOOK = Duration.ofMillis(500);

  private final Invocation invocation;

  @Parameters(
      index = "0",
      paramLabel = "PIPELINE",
      description = "A name under analytics.pipelines: in the configuration.")
  String pipeline = "";

  @Parameters(index = "1", paramLabel = "SOURCE", description = "A name under its sources:.")
  String source = "";

  @Parameters(
      index = "2",
      paramLabel = "TABLE",
      arity = "0..1",
      description = "schema.table of the source (default: all of them).")
  Optional<String> table = Optional.empty();

  @Option(names = "--wait", description = "Until they are level again; shows how far they are.")
  boolean wait;

  /**
   * What {@code --json} prints.
   *
   * @param outcome asked, or what the daemon made of it
   */
  record Report(
      String pipeline, String source, Optional<String> table, long request, String outcome) {}

  AnalyticsResyncCommand(Invocation invocation) {
    this.invocation = invocation;
  }

  @Override
  public Integer call() throws InterruptedException {
    Optional<TableName> name = table.map(AnalyticsResyncCommand::parse);
    try (AnalyticsDesk desk = AnalyticsDesk.open(invocation)) {
      AnalyticsPlan plan = desk.plans(Optional.of(pipeline), Optional.of(source)).getFirst();
      requireRunning(desk.state().install());
      long request = desk.state().askResync(pipeline, source, name);
      String outcome = wait ? await(desk.state(), plan, request, name) : "asked";
      invocation
          .output()
          .result(
              new Report(pipeline, source, table, request, outcome),
              () ->
                  "%s/%s: resync of %s: %s"
                      .formatted(pipeline, source, table.orElse("all tables"), outcome));
      return 0;
    }
  }

  static TableName parse(String text) {
    try {
      return TableName.parse(text);
    } catch (IllegalArgumentException e) {
      throw new TidemarkException(
          ErrorCode.USAGE,
          "\"%s\" names no table; expected schema.table".formatted(text),
          "tidemark analytics status --tables has the names",
          e);
    }
  }

  private void requireRunning(AnalyticsState state) {
    Optional<String> wish = state.wish(pipeline, source);
    if (!wish.equals(Optional.of("running"))) {
      throw new TidemarkException(
          ErrorCode.USAGE,
          "%s/%s is %s; expected it running: nobody would answer"
              .formatted(pipeline, source, wish.orElse("not started")),
          "tidemark analytics start, or resume");
    }
  }

  private String await(
      AnalyticsState state, AnalyticsPlan plan, long request, Optional<TableName> name)
      throws InterruptedException {
    long began = System.nanoTime();
    try (ProgressBar bar = invocation.output().progress("resync")) {
      bar.step("waits for the daemon");
      while (state.outcome(request).isEmpty()) {
        if (System.nanoTime() - began > TAKEN_LIMIT.toNanos()) {
          throw new TidemarkException(
              ErrorCode.TIMED_OUT,
              "no daemon has taken the request for two minutes; it stays asked for",
              "systemctl status tidemark; tidemark analytics status " + pipeline);
        }
        Thread.sleep(LOOK);
      }
      String outcome = state.outcome(request).orElseThrow();
      if (outcome.startsWith("refused")) {
        throw new TidemarkException(
            ErrorCode.USAGE,
            "the daemon has not done it: " + outcome,
            "tidemark analytics status " + pipeline + " --tables has the names");
      }
      switch (plan) {
        case AnalyticsPlan.Merge _ ->
            copied(
                state,
                name.<Predicate<TableRow>>map(one -> row -> row.name().equals(one))
                    .orElse(_ -> true),
                bar);
        case AnalyticsPlan.Native its -> subscribed(its, name, bar);
      }
    }
    return "level";
  }

  /** It was let go on by the request: what is held now, is so because of what it has met since. */
  private static boolean isOut(TableRow row) {
    return row.state() == TableState.REFUSED || row.state() == TableState.HELD;
  }

  /** A copy takes what it takes: who waits can end it, and the daemon goes on. */
  private void copied(AnalyticsState state, Predicate<TableRow> meant, ProgressBar bar)
      throws InterruptedException {
    while (true) {
      List<TableRow> rows = state.tables(pipeline, source).stream().filter(meant).toList();
      bar.step("copies");
      bar.totalOnce(rows.stream().mapToLong(TableRow::bytesPlanned).sum());
      bar.set(rows.stream().mapToLong(TableRow::bytesCopied).sum());
      Optional<TableRow> failed = rows.stream().filter(AnalyticsResyncCommand::isOut).findFirst();
      if (failed.isPresent()) {
        throw new TidemarkException(
            ErrorCode.CHECK_FAILED,
            "%s is %s: %s"
                .formatted(failed.get().name(), failed.get().state().word(), failed.get().note()),
            "tidemark analytics status %s --tables has them all".formatted(pipeline));
      }
      if (rows.stream().allMatch(row -> row.state() == TableState.STREAMING && row.isMain())) {
        return;
      }
      Thread.sleep(LOOK);
    }
  }

  /** As above; both databases say how far PostgreSQL's own workers are. */
  private static void subscribed(
      AnalyticsPlan.Native plan, Optional<TableName> name, ProgressBar bar)
      throws InterruptedException {
    try (LogicalInspector inspector = new LogicalInspector(plan.spec())) {
      while (true) {
        List<LogicalReport.Table> meant =
            inspector.tables().stream()
                .filter(
                    table -> name.isEmpty() || NativeTables.name(table.name()).equals(name.get()))
                .filter(table -> table.state() != LogicalReport.State.IGNORED)
                .toList();
        bar.step("copies");
        bar.set(meant.stream().mapToLong(LogicalReport.Table::copiedBytes).sum());
        Optional<LogicalReport.Table> held =
            meant.stream().filter(table -> table.state() == LogicalReport.State.HELD).findFirst();
        if (held.isPresent() && name.isPresent()) {
          throw new TidemarkException(
              ErrorCode.CHECK_FAILED, held.get().name() + ": " + held.get().reason(), "");
        }
        if (meant.stream()
            .allMatch(
                table ->
                    table.state() == LogicalReport.State.FOLLOWING
                        || table.state() == LogicalReport.State.HELD)) {
          return;
        }
        Thread.sleep(LOOK);
      }
    }
  }
}
