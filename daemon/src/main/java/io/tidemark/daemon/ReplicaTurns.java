package io.tidemark.daemon;

import io.tidemark.config.ErrorCode;
import io.tidemark.config.TidemarkException;
import io.tidemark.replicamanager.ArchiveObserver;
import io.tidemark.replicamanager.LocalReplicaActions;
import io.tidemark.replicamanager.ReplicaDecision;
import io.tidemark.replicamanager.ReplicaManager;
import io.tidemark.replicamanager.ReplicaObserver;
import io.tidemark.replicamanager.ReplicaReport;
import io.tidemark.replicamanager.ReplicaSources;
import java.time.Duration;

/** What the daemon does for a replica, done by a command until nothing is left to do. */
final class ReplicaTurns {
  private static final Duration LOOK = Duration.ofMillis(300);

  private final ReplicaDesk desk;
  private final ProgressBar bar;

  ReplicaTurns(ReplicaDesk desk, ProgressBar bar) {
    this.desk = desk;
    this.bar = bar;
  }

  /**
   * Goes on until it streams, or is fed from the archive.
   *
   * @throws TidemarkException what an action failed with; DIRECTORY_REFUSED where what would help
   *     is not done by itself; TIMED_OUT where it waits longer than a start may take
   */
  ReplicaReport run() throws InterruptedException {
    ArchiveObserver archive = new ArchiveObserver(desk::repository);
    try (ReplicaSources sources = new ReplicaSources();
        ReplicaManager manager =
            new ReplicaManager(
                desk.spec(),
                new ReplicaObserver(desk.spec(), sources, archive),
                actions(),
                report -> bar.step(report.decision().word()))) {
      return turns(manager);
    }
  }

  LocalReplicaActions actions() {
    return new LocalReplicaActions(_ -> desk.repository(), new FilesProgress(bar));
  }

  private ReplicaReport turns(ReplicaManager manager) throws InterruptedException {
    long limit = desk.spec().settings().startTimeout().toNanos();
    long waitingSince = System.nanoTime();
    while (true) {
      ReplicaReport report = manager.step();
      if (report.failure().isPresent()) {
        throw report.failure().get();
      }
      switch (report.decision()) {
        case ReplicaDecision.Nothing _, ReplicaDecision.CatchUpFromArchive _ -> {
          return report;
        }
        case ReplicaDecision.Refuse(String why, String advice) ->
            throw new TidemarkException(ErrorCode.DIRECTORY_REFUSED, why, advice);
        case ReplicaDecision.Wait(String why) -> requirePatience(waitingSince, limit, why);
        case ReplicaDecision.Build _,
            ReplicaDecision.ContinueBuild _,
            ReplicaDecision.Start _,
            ReplicaDecision.Configure _,
            ReplicaDecision.CreateSlot _,
            ReplicaDecision.RecreateSlot _,
            ReplicaDecision.PauseReplay _,
            ReplicaDecision.Rewind _,
            ReplicaDecision.Rebuild _ ->
            waitingSince = System.nanoTime();
      }
      Thread.sleep(LOOK);
    }
  }

  private void requirePatience(long since, long limit, String why) {
    if (System.nanoTime() - since > limit) {
      throw new TidemarkException(
          ErrorCode.TIMED_OUT,
          "%s is not there yet after %s: %s"
              .formatted(desk.name(), desk.spec().settings().startTimeout(), why),
          "See: tidemark replica status " + desk.name());
    }
  }
}
