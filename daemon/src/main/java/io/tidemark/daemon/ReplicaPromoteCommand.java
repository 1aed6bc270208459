package io.tidemark.daemon;

import io.tidemark.config.TidemarkException;
import io.tidemark.postgres.Lsn;
import io.tidemark.postgres.Timeline;
import io.tidemark.replicamanager.Promote;
import io.tidemark.replicamanager.Promote.Extent;
import io.tidemark.replicamanager.Promote.Promoted;
import io.tidemark.replicamanager.ReplicaHome;
import io.tidemark.replicamanager.Standing;
import java.time.Instant;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Makes a standby a primary. */
@Command(
    name = "promote",
    description = {
      "Makes a replica a primary. A delayed one, and one that was paused or advanced, is promoted"
          + " where it stands: plainly promoted, it would replay all WAL that it has, the accident"
          + " included. All others replay what they have first.",
      "Stop the old primary before: nothing here can do that, and two primaries are two truths."
    },
    footer = {
      "%nExamples:",
      "  tidemark replica promote later",
      "  tidemark replica promote standby1 --yes --json"
    })
final class ReplicaPromoteCommand extends ReplicaChange {
  @Option(
      names = "--latest",
      description = "Replay everything that it has and can fetch first, whatever its delay.")
  boolean latest;

  /**
   * What {@code --json} prints.
   *
   * @param extent how much was replayed before: at-target, as-it-stands, everything, done
   * @param replayed where the new timeline begins
   * @param lastCommit when the last replayed transaction ended, by the old primary's clock
   */
  record Report(
      String replica,
      Extent extent,
      Lsn from,
      Lsn replayed,
      Optional<Instant> lastCommit,
      Timeline before,
      Timeline timeline) {}

  ReplicaPromoteCommand(Invocation invocation) {
    super(invocation);
  }

  @Override
  public Integer call() throws InterruptedException {
    Output output = invocation.output();
    try (ReplicaDesk desk = ReplicaDesk.open(invocation, replica);
        ReplicaHome.Lock _ = desk.lock()) {
      Promote promote = new Promote(desk.spec());
      Promote.Plan plan = promote.plan(latest);
      if (plan.extent() != Extent.DONE) {
        confirm(what(desk, plan), "Promote");
      }
      Promoted done = run(output, promote, plan);
      output.result(
          new Report(
              replica,
              done.extent(),
              plan.from().replayed(),
              done.replayed(),
              done.lastCommit(),
              done.before(),
              done.timeline()),
          () -> text(desk, done));
      return 0;
    }
  }

  private Promoted run(Output output, Promote promote, Promote.Plan plan) {
    try (ProgressBar bar = output.progress("promotion of " + replica)) {
      return promote.run(plan, new ReplayProgress(bar, plan.from().replayed()));
    }
  }

  /** Where the WAL ends that it can have: of the archive, too, if that is reached. */
  private static Lsn end(ReplicaDesk desk, Standing from) {
    Lsn received = Lsn.max(from.replayed(), from.received().orElse(Lsn.ZERO));
    try {
      return desk.archived().map(wal -> Lsn.max(wal.end(), received)).orElse(received);
    } catch (TidemarkException e) {
      // At a failover the repository may be away, too; then it cannot give anything either.
      return received;
    }
  }

  private String what(ReplicaDesk desk, Promote.Plan plan) {
    Standing from = plan.from();
    String ahead = Human.bytes(end(desk, from).minus(from.replayed()));
    String how =
        switch (plan.extent()) {
          case AT_TARGET, AS_IT_STANDS ->
              "It becomes a primary exactly there. What lies beyond in its WAL and the archive (%s)\n"
                      .formatted(ahead)
                  + "is never replayed: those transactions are lost to it. --latest replays them.";
          case EVERYTHING ->
              "It will replay all WAL that it has or can fetch from the archive first (%s)."
                  .formatted(ahead);
          case DONE -> "It is a primary already.";
        };
    return """
    %s
    %s
    Afterwards it is on a timeline of its own, and the old primary must not run: stop it first."""
        .formatted(ReplicaText.standing(replica, from), how);
  }

  private String text(ReplicaDesk desk, Promoted done) {
    String cluster = desk.cluster().name();
    return """
    %1$s is a primary on timeline %2$s, which begins at %3$s
      the old primary:  must stay stopped; it can come back as a standby: a replica of its own
                        directory, tidemark replica create NAME --adopt
      archiving:        goes on by itself on timeline %2$s once clusters.%4$s.connection.hosts names
                        %5$s; see: tidemark status %4$s
      its settings:     archive_mode is off, as it was a standby's; raise it if you archive by push
      a backup:         tidemark backup %4$s
      this replica:     take it out of replicas: in the configuration"""
        .formatted(
            replica,
            done.timeline(),
            ReplicaText.position(done.replayed(), done.lastCommit()),
            cluster,
            desk.spec().settings().host() + ":" + desk.spec().settings().port());
  }
}
