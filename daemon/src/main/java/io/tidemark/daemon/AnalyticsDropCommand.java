package io.tidemark.daemon;

import io.tidemark.analytics.AnalyticsState;
import io.tidemark.analytics.TableName;
import io.tidemark.analytics.TableRow;
import io.tidemark.config.ErrorCode;
import io.tidemark.config.PipelineSettings;
import io.tidemark.config.TidemarkException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Gives a source up. */
@Command(
    name = "drop",
    description = {
      "Gives a source of a pipeline up: drops its slot, so that no WAL is kept for it, and its"
          + " publications. Its rows stay in the target, unless --delete-rows is given. The daemon"
          + " does it; where none does within 10 seconds and none is at work on it, this command."
    },
    footer = {"%nExample:", "  tidemark analytics drop school mia_app --delete-rows"})
final class AnalyticsDropCommand implements Callable<Integer> {
  private static final Duration DAEMON_LIMIT = Duration.ofSeconds(10);
  private static final Duration LOOK = Duration.ofMillis(250);

  /** Also for a daemon that has to end what it is in the middle of. */
  private static final Duration LIMIT = Duration.ofMinutes(2);

  private final Invocation invocation;

  @Parameters(
      index = "0",
      paramLabel = "PIPELINE",
      description = "A name under analytics.pipelines: in the configuration.")
  String pipeline = "";

  @Parameters(index = "1", paramLabel = "SOURCE", description = "A name under its sources:.")
  String source = "";

  @Option(
      names = "--delete-rows",
      description = "Delete its rows from the target, too; those of other sources stay.")
  boolean deleteRows;

  @Option(names = "--yes", description = "Do not ask.")
  boolean yes;

  /**
   * What {@code --json} prints.
   *
   * @param by daemon or command
   */
  record Report(String pipeline, String source, String by, Optional<Long> rowsDeleted) {}

  AnalyticsDropCommand(Invocation invocation) {
    this.invocation = invocation;
  }

  @Override
  public Integer call() throws InterruptedException {
    Output output = invocation.output();
    try (AnalyticsDesk desk = AnalyticsDesk.open(invocation)) {
      AnalyticsPlan plan = desk.plans(Optional.of(pipeline), Optional.of(source)).getFirst();
      requireRowsOfItsOwn(plan);
      AnalyticsState state = desk.state().install();
      List<TableName> targets =
          state.tables(pipeline, source).stream().map(TableRow::target).distinct().toList();
      output.announce(what(plan));
      invocation.confirmation().require(yes, "Drop " + plan.name() + "?");
      state.wish(pipeline, source, "dropped");
      String by = awaitGone(state, DAEMON_LIMIT) ? "daemon" : dropHere(state, plan);
      Optional<Long> deleted =
          deleteRows
              ? Optional.of(
                  targets.stream()
                      .mapToLong(table -> state.deleteRows(plan.pipeline(), plan.source(), table))
                      .sum())
              : Optional.empty();
      output.result(
          new Report(pipeline, source, by, deleted),
          () ->
              "%s is dropped, by %s%s\n  take it out of the configuration, or it can be started again"
                  .formatted(
                      plan.name(),
                      by.equals("daemon") ? "the daemon" : "this command",
                      deleted.map(rows -> "; %d rows are deleted".formatted(rows)).orElse("")));
      return 0;
    }
  }

  /** A native pipeline's tables are those of one source, without labels. */
  private void requireRowsOfItsOwn(AnalyticsPlan plan) {
    if (deleteRows && plan.pipeline().engine() == PipelineSettings.Engine.NATIVE) {
      throw new TidemarkException(
          ErrorCode.USAGE,
          plan.name() + " has engine: native, whose rows bear no label",
          "drop it without --delete-rows, and its tables by DROP TABLE");
    }
  }

  private String what(AnalyticsPlan plan) {
    return "This drops the slot %s and the publication %s of %s; its rows %s."
        .formatted(
            plan.source().slot(),
            plan.source().publication(),
            plan.name(),
            deleteRows ? "ARE DELETED from the target" : "stay in the target");
  }

  private boolean awaitGone(AnalyticsState state, Duration limit) throws InterruptedException {
    long began = System.nanoTime();
    while (state.wish(pipeline, source).isPresent()) {
      if (System.nanoTime() - began > limit.toNanos()) {
        return false;
      }
      Thread.sleep(LOOK);
    }
    return true;
  }

  private String dropHere(AnalyticsState state, AnalyticsPlan plan) throws InterruptedException {
    long began = System.nanoTime();
    String by = "command";
    try (AnalyticsEngine engine = AnalyticsEngine.of(plan)) {
      while (state.wish(pipeline, source).isPresent()) {
        Optional<Duration> rest = turn(engine);
        by = rest.isPresent() ? "command" : "daemon";
        if (System.nanoTime() - began > LIMIT.toNanos()) {
          throw new TidemarkException(
              ErrorCode.TIMED_OUT,
              plan.name() + " could not be dropped here, and no daemon has done it",
              "tidemark analytics status " + pipeline);
        }
        Thread.sleep(rest.filter(wanted -> wanted.compareTo(LOOK) < 0).orElse(LOOK));
      }
    }
    return by;
  }

  /** Takes a turn, and gives how long to rest; empty where another process works on it. */
  private static Optional<Duration> turn(AnalyticsEngine engine) throws InterruptedException {
    try {
      return Optional.of(engine.step());
    } catch (TidemarkException e) {
      if (e.code() != ErrorCode.LEASE_HELD) {
        throw e;
      }
      return Optional.empty();
    }
  }
}
