package io.tidemark.daemon;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Reads all archived WAL of a cluster. */
@Command(
    name = "verify",
    description = {
      "Reads all archived WAL of a cluster and checks it: checksums, decryption, every record, gaps,"
          + " and whether each backup has the WAL that it needs.",
      "Ends with code 51 if something cannot be restored."
    },
    footer = {"%nExample:", "  tidemark wal verify main"})
final class WalVerifyCommand implements Callable<Integer> {
  private final Invocation invocation;

  @Parameters(paramLabel = "CLUSTER", description = "A name under clusters: in the configuration.")
  String cluster = "";

  @Option(
      names = "--parallel",
      paramLabel = "N",
      description = "Objects read at once, at most 8 (default: restore.parallel).")
  int parallel;

  WalVerifyCommand(Invocation invocation) {
    this.invocation = invocation;
  }

  @Override
  public Integer call() {
    return new VerifyRun(invocation, cluster).run(false, false, parallel);
  }
}
