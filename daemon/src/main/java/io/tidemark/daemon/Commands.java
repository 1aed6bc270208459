package io.tidemark.daemon;

import java.util.List;

/** Every command, in the order of the help. */
final class Commands {
  private Commands() {}

  static List<Object> of(Invocation invocation) {
    return List.of(
        new InitCommand(invocation),
        new CheckCommand(invocation),
        new StatusCommand(invocation),
        new CompletionCommand(invocation));
  }
}
