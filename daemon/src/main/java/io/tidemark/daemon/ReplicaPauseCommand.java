package io.tidemark.daemon;

import io.tidemark.replicamanager.Pausing;
import io.tidemark.replicamanager.ReplicaHome;
import io.tidemark.replicamanager.Standing;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** Stops a standby's replay where it is. */
@Command(
    name = "pause",
    description = {
      "Has a replica apply nothing any more, and go on receiving WAL. It stays so, also over a"
          + " restart of its server, until `tidemark replica resume`."
    },
    footer = {"%nExample:", "  tidemark replica pause later"})
final class ReplicaPauseCommand implements Callable<Integer> {
  private final Invocation invocation;

  @Parameters(paramLabel = "REPLICA", description = "A name under replicas: in the configuration.")
  String replica = "";

  ReplicaPauseCommand(Invocation invocation) {
    this.invocation = invocation;
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
