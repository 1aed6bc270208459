package io.tidemark.daemon;

import picocli.CommandLine.Command;

/** Has the daemon stand still. */
@Command(
    name = "pause",
    description = {
      "Has the daemon apply no changes of a pipeline's sources until `tidemark analytics resume`,"
          + " over restarts, too. Their slots keep WAL on the sources meanwhile."
    },
    footer = {"%nExample:", "  tidemark analytics pause school mia_app"})
final class AnalyticsPauseCommand extends AnalyticsSourceCommand {
  AnalyticsPauseCommand(Invocation invocation) {
    super(invocation);
  }

  @Override
  public Integer call() {
    try (AnalyticsDesk desk = AnalyticsDesk.open(invocation)) {
      Wished done = wish(desk, plans(desk), "paused");
      invocation
          .output()
          .result(
              done,
              () ->
                  "%s: %s pause; their slots keep WAL until: tidemark analytics resume %1$s"
                      .formatted(pipeline, String.join(", ", done.sources())));
      return 0;
    }
  }
}
