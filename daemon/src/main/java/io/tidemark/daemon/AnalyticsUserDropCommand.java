package io.tidemark.daemon;

import io.tidemark.analytics.AnalystDrop;
import io.tidemark.analytics.Analysts;
import io.tidemark.config.ErrorCode;
import io.tidemark.config.TidemarkException;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Removes an analyst. */
@Command(
    name = "drop",
    description = {
      "Removes a person's role. Refuses one that owns tables or has sessions, and says what is in"
          + " the way, unless an option says what becomes of it."
    },
    footer = {
      "%nExamples:",
      "  tidemark analytics user drop ada",
      "  tidemark analytics user drop ada --reassign-to grace --end-sessions"
    })
final class AnalyticsUserDropCommand implements Callable<Integer> {
  private final Invocation invocation;

  @Parameters(paramLabel = "NAME", description = "As `user list` shows it.")
  String name = "";

  @Option(
      names = "--reassign-to",
      paramLabel = "NAME",
      description = "The analyst who gets what it owns.")
  Optional<String> reassignTo = Optional.empty();

  @Option(names = "--delete-objects", description = "Delete what it owns in its own schema.")
  boolean deleteObjects;

  @Option(names = "--end-sessions", description = "End its sessions.")
  boolean endSessions;

  @Option(names = "--yes", description = "Do not ask.")
  boolean yes;

  /** What {@code --json} prints. */
  record Report(String name, boolean dropped) {}

  AnalyticsUserDropCommand(Invocation invocation) {
    this.invocation = invocation;
  }

  @Override
  public Integer call() {
    if (reassignTo.isPresent() && deleteObjects) {
      throw new TidemarkException(
          ErrorCode.USAGE,
          "found --reassign-to and --delete-objects; expected one of the two",
          "what it owns is either given to somebody or deleted");
    }
    Output output = invocation.output();
    output.announce(
        "This removes the role %s and its schema%s."
            .formatted(name, deleteObjects ? " WITH ALL TABLES in it" : ""));
    invocation.confirmation().require(yes, "Drop the user " + name + "?");
    try (AnalyticsDesk desk = AnalyticsDesk.open(invocation)) {
      Analysts.of(desk.state().session(), desk.settings())
          .drop(name, new AnalystDrop(reassignTo, deleteObjects, endSessions));
      output.result(new Report(name, true), () -> name + " is dropped");
      return 0;
    }
  }
}
