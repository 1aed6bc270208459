package io.tidemark.daemon;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** Says how one replica stands. */
@Command(
    name = "status",
    description = {
      "Shows where a replica stands, what it was commanded, and what the daemon does next and why;"
          + " or why it does not."
    },
    footer = {"%nExample:", "  tidemark replica status later"})
final class ReplicaStatusCommand implements Callable<Integer> {
  private final Invocation invocation;

  @Parameters(paramLabel = "REPLICA", description = "A name under replicas: in the configuration.")
  String replica = "";

  ReplicaStatusCommand(Invocation invocation) {
    this.invocation = invocation;
  }

  @Override
  public Integer call() {
    try (ReplicaDesk desk = ReplicaDesk.open(invocation, replica);
        ReplicaReader reader = new ReplicaReader(desk.wiring())) {
      ReplicaStatus status = reader.read(desk.spec());
      invocation.output().result(status, () -> ReplicaText.detail(status));
      return 0;
    }
  }
}
