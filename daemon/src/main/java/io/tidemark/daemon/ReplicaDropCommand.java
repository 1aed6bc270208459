package io.tidemark.daemon;

import io.tidemark.replicamanager.Drop;
import io.tidemark.replicamanager.Drop.Dropped;
import io.tidemark.replicamanager.ReplicaHome;
import io.tidemark.replicamanager.ReplicaSpec;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Gives a replica up. */
@Command(
    name = "drop",
    description = {
      "Stops a replica's server and drops its slot, so that no WAL is kept for it. Its directory"
          + " stays, unless --delete-directory is given. The daemon does not make it anew; `tidemark"
          + " replica create` does."
    },
    footer = {"%nExample:", "  tidemark replica drop reports --delete-directory"})
final class ReplicaDropCommand extends ReplicaChange {
  @Option(names = "--delete-directory", description = "Delete its data directory, too.")
  boolean deleteDirectory;

  /**
   * What {@code --json} prints.
   *
   * @param slotProblem why its slot may still be there; null where it is not
   */
  record Report(
      String replica,
      boolean stopped,
      boolean slotDropped,
      Optional<String> slotProblem,
      boolean directoryDeleted) {}

  ReplicaDropCommand(Invocation invocation) {
    super(invocation);
  }

  @Override
  public Integer call() throws InterruptedException {
    Output output = invocation.output();
    try (ReplicaDesk desk = ReplicaDesk.open(invocation, replica);
        ReplicaHome.Lock _ = desk.lock()) {
      confirm(what(desk.spec()), "Drop");
      Dropped done = new Drop(desk.spec()).run(deleteDirectory);
      output.result(
          new Report(
              replica,
              done.stopped(),
              done.slotDropped(),
              done.slotProblem(),
              done.directoryDeleted()),
          () -> text(desk, done));
      return 0;
    }
  }

  private String what(ReplicaSpec spec) {
    return "This stops the server of %s%s; its directory %s %s."
        .formatted(
            replica,
            spec.slot().map(slot -> " and drops its slot " + slot).orElse(""),
            spec.directory(),
            deleteDirectory ? "IS DELETED" : "stays");
  }

  private String text(ReplicaDesk desk, Dropped done) {
    return "%s is dropped%s%s%s\n  take it out of replicas: in the configuration"
        .formatted(
            replica,
            done.slotDropped() ? ", its slot, too" : "",
            done.directoryDeleted() ? ", its directory is deleted" : "",
            done.slotProblem()
                .map(
                    why ->
                        "\n  its slot may still be there, and keep WAL: %s\n    drop it: tidemark slot drop %s %s"
                            .formatted(
                                why,
                                desk.cluster().name(),
                                desk.spec().slot().map(Object::toString).orElse("")))
                .orElse(""));
  }
}
