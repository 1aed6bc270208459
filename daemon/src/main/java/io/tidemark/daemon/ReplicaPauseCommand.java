package io.tidemark.daemon;

import io.tidemark.replicamanager.Pausing;
import io.tidemark.replicamanager.ReplicaHome;
import io.tidemark.replicamanager.Standing;
import picocli.CommandLine.Command;

/** Stops a standby's replay where it is. */
@Command(
    name = "pause",
    description = {
      "Has a replica apply nothing any more, and go on receiving WAL. It stays so, also over a"
          + " restart of its server, until `tidemark replica resume`."
    },
    footer = {"%nExample:", "  tidemark replica pause later"})
final class ReplicaPauseCommand extends OneReplicaCommand {
  ReplicaPauseCommand(Invocation invocation) {
    super(invocation);
  }

  @Override
  public Integer call() throws InterruptedException {
    try (ReplicaDesk desk = ReplicaDesk.open(invocation, replica);
        ReplicaHome.Lock _ = desk.lock()) {
      Standing now = new Pausing(desk.spec()).pause();
      invocation
          .output()
          .result(
              ReplicaPosition.of(replica, now),
              () ->
                  ReplicaText.standing(replica, now)
                      + "\n  go on: tidemark replica resume "
                      + replica);
      return 0;
    }
  }
}
