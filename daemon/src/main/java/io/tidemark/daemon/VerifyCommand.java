package io.tidemark.daemon;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Reads everything that is stored for a cluster. */
@Command(
    name = "verify",
    description = {
      "Reads every object that is stored for a cluster, backups and WAL, and checks it: checksums,"
          + " decryption, manifests against packs, pages of relations, WAL records, gaps.",
      "Ends with code 51 if something cannot be restored."
    },
    footer = {
      "%nExamples:",
      "  tidemark verify main",
      "  tidemark verify main --parallel 4 --json > report.json"
    })
final class VerifyCommand implements Callable<Integer> {
  private final Invocation invocation;

  @Parameters(paramLabel = "CLUSTER", description = "A name under clusters: in the configuration.")
  String cluster = "";

  @Option(
      names = "--no-page-checksums",
      description = "Leave out the checksums of the pages of relations.")
  boolean noPageChecksums;

  @Option(
      names = "--parallel",
      paramLabel = "N",
      description = "Objects read at once, at most 8 (default: restore.parallel).")
  int parallel;

  VerifyCommand(Invocation invocation) {
    this.invocation = invocation;
  }

  @Override
  public Integer call() {
    return new VerifyRun(invocation, cluster).run(true, !noPageChecksums, parallel);
  }
}
