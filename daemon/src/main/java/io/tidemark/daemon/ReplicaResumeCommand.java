package io.tidemark.daemon;

import io.tidemark.replicamanager.ReplicaHome;
import io.tidemark.replicamanager.Resume;
import io.tidemark.replicamanager.Standing;
import picocli.CommandLine.Command;

/** Lets a standby go on. */
@Command(
    name = "resume",
    description = {
      "Lets a replica that was paused or advanced go on: a delayed one goes back to waiting out its"
          + " delay. Takes a target away by a restart of its server."
    },
    footer = {"%nExample:", "  tidemark replica resume later"})
final class ReplicaResumeCommand extends ReplicaChange {
  ReplicaResumeCommand(Invocation invocation) {
    super(invocation);
  }

  @Override
  public Integer call() throws InterruptedException {
    Output output = invocation.output();
    try (ReplicaDesk desk = ReplicaDesk.open(invocation, replica);
        ReplicaHome.Lock _ = desk.lock()) {
      Resume resume = new Resume(desk.spec());
      Standing before = resume.look();
      confirm(what(desk, before), "Resume");
      Standing now = resume.resume();
      output.result(ReplicaPosition.of(replica, now), () -> ReplicaText.standing(replica, now));
      return 0;
    }
  }

  private static String what(ReplicaDesk desk, Standing before) {
    String name = desk.name();
    return ReplicaText.standing(name, before)
        + "\n"
        + desk.spec()
            .settings()
            .delay()
            .map(
                delay ->
                    "It will replay at once everything that is older than its delay of %s, and then"
                            .formatted(Human.duration(delay))
                        + " wait again. What is later than where it stands can be advanced to"
                        + " again; what is earlier cannot.")
            .orElse("It will replay everything that it has received.");
  }
}
