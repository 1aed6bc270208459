package io.tidemark.daemon;

import picocli.CommandLine.Command;

/** Says how one replica stands. */
@Command(
    name = "status",
    description = {
      "Shows where a replica stands, what it was commanded, and what the daemon does next and why;"
          + " or why it does not."
    },
    footer = {"%nExample:", "  tidemark replica status later"})
final class ReplicaStatusCommand extends OneReplicaCommand {
  ReplicaStatusCommand(Invocation invocation) {
    super(invocation);
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
