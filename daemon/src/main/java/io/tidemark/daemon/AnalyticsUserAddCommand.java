package io.tidemark.daemon;

import io.tidemark.analytics.AnalystChange;
import io.tidemark.analytics.AnalystOptions;
import io.tidemark.analytics.Analysts;
import io.tidemark.config.SecretFile;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Makes an analyst. */
@Command(
    name = "add",
    description = {
      "Makes a person's role and schema in the analytics database, or brings them up to date: the"
          + " role may read what the pipelines write, and write in its own schema only."
    },
    footer = {
      "%nExamples:",
      "  tidemark analytics user add ada --password-file ada.password",
      "  tidemark analytics user add ada --connections 3"
    })
final class AnalyticsUserAddCommand implements Callable<Integer> {
  private final Invocation invocation;

  @Parameters(paramLabel = "NAME", description = "1 to 40 of a-z, 0-9 and _: of role and schema.")
  String name = "";

  @Option(
      names = "--password-file",
      paramLabel = "FILE",
      description = "Holds the password, and only its owner may read it (default: none is set).")
  Optional<Path> passwordFile = Optional.empty();

  @Option(
      names = "--statement-timeout",
      paramLabel = "SECONDS",
      description = "Of each statement (default: 300 on a new role).")
  Optional<Long> statementTimeout = Optional.empty();

  @Option(
      names = "--connections",
      paramLabel = "COUNT",
      description = "At a time, in the whole cluster (default: no limit).")
  Optional<Integer> connections = Optional.empty();

  AnalyticsUserAddCommand(Invocation invocation) {
    this.invocation = invocation;
  }

  @Override
  public Integer call() {
    AnalystOptions options = AnalystOptions.defaults();
    if (passwordFile.isPresent()) {
      SecretFile file = new SecretFile(passwordFile.get());
      file.check();
      options = options.withPassword(file);
    }
    if (statementTimeout.isPresent()) {
      options = options.withStatementTimeout(Duration.ofSeconds(statementTimeout.get()));
    }
    if (connections.isPresent()) {
      options = options.withConnectionLimit(connections.get());
    }
    try (AnalyticsDesk desk = AnalyticsDesk.open(invocation)) {
      Analysts analysts = Analysts.of(desk.state().install().session(), desk.settings());
      AnalystChange done = analysts.add(name, options);
      Output output = invocation.output();
      done.warnings().forEach(output::note);
      output.result(
          done,
          () ->
              "%s is %s: reads what the pipelines write, and has the schema %1$s"
                  .formatted(name, done.made() ? "made" : "up to date"));
      return 0;
    }
  }
}
