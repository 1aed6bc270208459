package io.tidemark.daemon;

import java.util.concurrent.Callable;
import picocli.AutoComplete;
import picocli.CommandLine.Command;

/** Prints the script by which a shell completes Tidemark's commands and options. */
@Command(
    name = "completion",
    description = "Prints a completion script for bash and zsh.",
    footer = {"%nExample:", "  tidemark completion > /etc/bash_completion.d/tidemark"})
final class CompletionCommand implements Callable<Integer> {
  private final Invocation invocation;

  CompletionCommand(Invocation invocation) {
    this.invocation = invocation;
  }

  @Override
  public Integer call() {
    invocation.out().print(AutoComplete.bash("tidemark", invocation.commandSpec().commandLine()));
    return 0;
  }
}
