package io.tidemark.daemon;

import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** What has to do with replication slots. */
@Command(name = "slot", description = "Lists replication slots on a primary, or drops one.")
final class SlotCommand implements Callable<Integer> {
  private final Invocation invocation;

  @Spec @Nullable CommandSpec spec;

  SlotCommand(Invocation invocation) {
    this.invocation = invocation;
  }

  @Override
  public Integer call() {
    CommandSpec found = spec;
    throw Invocation.noCommand(found == null ? invocation.commandSpec() : found);
  }
}
