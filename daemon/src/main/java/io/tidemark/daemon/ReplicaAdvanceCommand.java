package io.tidemark.daemon;

import io.tidemark.postgres.Lsn;
import io.tidemark.postgres.Timeline;
import io.tidemark.replicamanager.Advance;
import io.tidemark.replicamanager.Held;
import io.tidemark.replicamanager.ReplicaHome;
import java.time.Instant;
import java.util.Optional;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;

/** Replays a delayed standby forward to a moment. */
@Command(
    name = "advance",
    description = {
      "Replays a replica forward to exactly a moment, and holds it there: to just before the"
          + " accident, so that what was lost can be read there, or it be made the primary.",
      "Refuses a moment that is replayed already, and one that is not known to lie ahead: so it"
          + " never replays past everything. Given again after it was broken off, it goes on."
    },
    footer = {
      "%nExamples:",
      "  tidemark replica advance later --before-xid 80321",
      "  tidemark replica advance later --time '2026-11-20 17:29:30Z' --yes --json"
    })
final class ReplicaAdvanceCommand extends ReplicaChange {
  @ArgGroup(exclusive = true, multiplicity = "1", heading = "%nTarget, one of:%n")
  ReplicaTargetOptions target = new ReplicaTargetOptions();

  /**
   * What {@code --json} prints.
   *
   * @param from where it stood
   * @param targetLsn the position at which replay was to stop
   * @param replayed where it stands
   * @param lastCommit when the last replayed transaction ended, by the primary's clock
   */
  record Report(
      String replica,
      String target,
      Lsn from,
      Lsn targetLsn,
      Lsn replayed,
      Optional<Instant> lastCommit,
      Timeline timeline,
      boolean paused) {}

  ReplicaAdvanceCommand(Invocation invocation) {
    super(invocation);
  }

  @Override
  public Integer call() throws InterruptedException {
    Output output = invocation.output();
    try (ReplicaDesk desk = ReplicaDesk.open(invocation, replica);
        ReplicaHome.Lock _ = desk.lock()) {
      Advance advance = new Advance(desk.spec(), desk::archived);
      Advance.Plan plan = advance.plan(target.target(output::note));
      confirm(what(plan), "Advance");
      Held held = run(output, advance, plan);
      output.result(
          new Report(
              replica,
              held.target(),
              plan.from().replayed(),
              plan.aim().lsn(),
              held.replayed(),
              held.lastCommit(),
              held.timeline(),
              true),
          () -> text(held));
      return 0;
    }
  }

  private Held run(Output output, Advance advance, Advance.Plan plan) {
    try (ProgressBar bar = output.progress("advance of " + replica)) {
      bar.total(plan.bytes());
      return advance.run(plan, new ReplayProgress(bar, plan.from().replayed()));
    }
  }

  private String what(Advance.Plan plan) {
    return """
    %s
    It will replay %s of WAL, to %s (LSN %s%s), and stand still there.
    Its server is restarted for that: sessions on it end. While it stands there it may receive no WAL:
    what it misses is in the archive.
    It cannot go back: a moment before that one is then in the archive only (tidemark restore)."""
        .formatted(
            ReplicaText.standing(replica, plan.from()),
            Human.bytes(plan.bytes()),
            plan.aim().target(),
            plan.aim().lsn(),
            plan.aim().at().map(at -> ", written " + Human.exactTime(at)).orElse(""));
  }

  private String text(Held held) {
    return """
    %1$s stands at %2$s: %3$s
      read a table:         tidemark replica extract %1$s DATABASE.SCHEMA.TABLE --into FILE
      go on a little:       tidemark replica advance %1$s ...
      make it the primary:  tidemark replica promote %1$s
      go back to waiting:   tidemark replica resume %1$s"""
        .formatted(
            replica, ReplicaText.position(held.replayed(), held.lastCommit()), held.target());
  }
}
