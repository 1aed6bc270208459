package io.tidemark.daemon;

import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** What has to do with the analytics database. */
@Command(
    name = "analytics",
    description = {
      "Brings chosen tables of databases into the analytics database, and keeps them fresh. The"
          + " daemon moves the data of the pipelines under analytics: in the configuration; these"
          + " commands look at it and tell it what is wanted."
    })
final class AnalyticsCommand implements Callable<Integer> {
  private final Invocation invocation;

  @Spec @Nullable CommandSpec spec;

  AnalyticsCommand(Invocation invocation) {
    this.invocation = invocation;
  }

  @Override
  public Integer call() {
    CommandSpec found = spec;
    throw Invocation.noCommand(found == null ? invocation.commandSpec() : found);
  }
}
