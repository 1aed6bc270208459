package io.tidemark.daemon;

import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** What has to do with standbys. */
@Command(
    name = "replica",
    description = {
      "Makes standbys and works with them. The daemon keeps those true that the configuration"
          + " names under replicas:; these commands are for what a person decides."
    })
final class ReplicaCommand implements Callable<Integer> {
  private final Invocation invocation;

  @Spec @Nullable CommandSpec spec;

  ReplicaCommand(Invocation invocation) {
    this.invocation = invocation;
  }

  @Override
  public Integer call() {
    CommandSpec found = spec;
    throw Invocation.noCommand(found == null ? invocation.commandSpec() : found);
  }
}
