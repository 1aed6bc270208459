package io.tidemark.daemon;

import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** What has to do with keys. */
@Command(name = "key", description = "Changes the keys of an encrypted repository.")
final class KeyCommand implements Callable<Integer> {
  private final Invocation invocation;

  @Spec @Nullable CommandSpec spec;

  KeyCommand(Invocation invocation) {
    this.invocation = invocation;
  }

  @Override
  public Integer call() {
    CommandSpec found = spec;
    throw Invocation.noCommand(found == null ? invocation.commandSpec() : found);
  }
}
