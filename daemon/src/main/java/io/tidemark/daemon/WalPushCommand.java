package io.tidemark.daemon;

import io.tidemark.config.ErrorCode;
import io.tidemark.config.TidemarkException;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Unmatched;

/** Explains itself where the launcher, which does it without a JVM, was gone around. */
@Command(
    name = "wal-push",
    hidden = true,
    description = "For archive_command; done by the program tidemark itself, without Java.")
final class WalPushCommand implements Callable<Integer> {
  @Parameters(hidden = true, arity = "0..*")
  List<String> ignored = List.of();

  @Unmatched List<String> unmatched = List.of();

  @Override
  public Integer call() {
    throw new TidemarkException(
        ErrorCode.USAGE,
        "wal-push was asked of Java; expected the program tidemark, which does it without",
        "set archive_command = 'tidemark wal-push %p', with wal-push as the first word");
  }
}
