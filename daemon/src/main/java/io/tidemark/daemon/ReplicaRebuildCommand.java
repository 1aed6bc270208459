package io.tidemark.daemon;

import io.tidemark.replicamanager.ArchiveObserver;
import io.tidemark.replicamanager.ReplicaHome;
import io.tidemark.replicamanager.ReplicaObserver;
import io.tidemark.replicamanager.ReplicaSources;
import picocli.CommandLine.Command;

/** Makes a replica anew. */
@Command(
    name = "rebuild",
    description = {
      "Makes a replica anew over what is there: files that are right already are kept, the rest is"
          + " replaced. For one that cannot be helped otherwise, or was promoted."
    },
    footer = {"%nExample:", "  tidemark replica rebuild reports"})
final class ReplicaRebuildCommand extends ReplicaChange {
  ReplicaRebuildCommand(Invocation invocation) {
    super(invocation);
  }

  @Override
  public Integer call() throws InterruptedException {
    Output output = invocation.output();
    try (ReplicaDesk desk = ReplicaDesk.open(invocation, replica);
        ReplicaReader reader = new ReplicaReader(desk.wiring())) {
      confirm(what(reader.read(desk.spec())), "Rebuild");
      try (ProgressBar bar = output.progress("replica " + replica)) {
        ReplicaTurns turns = new ReplicaTurns(desk, bar);
        rebuild(desk, turns);
        turns.run();
      }
      ReplicaStatus status = reader.read(desk.spec());
      output.result(status, () -> ReplicaText.detail(status));
      return 0;
    }
  }

  private static void rebuild(ReplicaDesk desk, ReplicaTurns turns) throws InterruptedException {
    ArchiveObserver archive = new ArchiveObserver(desk::repository);
    try (ReplicaHome.Lock _ = desk.lock();
        ReplicaSources sources = new ReplicaSources();
        ReplicaObserver observer = new ReplicaObserver(desk.spec(), sources, archive)) {
      turns.actions().rebuild(desk.spec(), observer.observe());
    }
  }

  private static String what(ReplicaStatus status) {
    String lost =
        status.standby().filter(standby -> !standby).isPresent()
            ? "IT IS A PRIMARY NOW: whatever was written to it since it was promoted is lost.\n"
            : "";
    return """
    %s
    %sIts server is stopped, its directory is replaced by the newest backup (from the primary where
    there is none), and it follows the primary again. A window that it had to look back is gone."""
        .formatted(ReplicaText.detail(status), lost);
  }
}
