package io.tidemark.daemon;

import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** What has to do with the people who read the analytics database. */
@Command(
    name = "user",
    description = {
      "Makes, lists and removes the people who read the analytics database: each has a role, a"
          + " schema, and may read what the pipelines write."
    })
final class AnalyticsUserCommand implements Callable<Integer> {
  private final Invocation invocation;

  @Spec @Nullable CommandSpec spec;

  AnalyticsUserCommand(Invocation invocation) {
    this.invocation = invocation;
  }

  @Override
  public Integer call() {
    CommandSpec found = spec;
    throw Invocation.noCommand(found == null ? invocation.commandSpec() : found);
  }
}
