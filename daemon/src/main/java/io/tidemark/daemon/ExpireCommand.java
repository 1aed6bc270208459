package io.tidemark.daemon;

import io.tidemark.config.ClusterSettings;
import io.tidemark.config.Configuration;
import io.tidemark.config.RetentionSettings;
import io.tidemark.postgres.Lsn;
import io.tidemark.postgres.Timeline;
import io.tidemark.repository.BackupName;
import io.tidemark.repository.Expiry;
import io.tidemark.repository.ExpiryPlan;
import io.tidemark.repository.ExpiryResult;
import io.tidemark.repository.RetentionPolicy;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Removes what retention no longer needs. */
@Command(
    name = "expire",
    description = {
      "Removes the backups and the WAL that neither the recovery window nor the number of full"
          + " backups needs. Prints its plan with reasons first.",
      "Never removes the last usable backup, nor what a kept one needs. Where it is not sure, it"
          + " keeps."
    },
    footer = {"%nExamples:", "  tidemark expire main --dry-run", "  tidemark expire main"})
final class ExpireCommand implements Callable<Integer> {
  private final Invocation invocation;

  @Parameters(paramLabel = "CLUSTER", description = "A name under clusters: in the configuration.")
  String cluster = "";

  @Option(names = "--dry-run", description = "Print the plan, and remove nothing.")
  boolean dryRun;

  /**
   * What {@code --json} prints.
   *
   * @param removed what was done; null with {@code --dry-run}
   */
  record Report(String cluster, Plan plan, Optional<Removed> removed) {}

  /** What was decided. */
  record Plan(
      Instant windowBegin,
      List<Choice> kept,
      List<Choice> backups,
      List<Choice> unfinished,
      List<Wal> wal,
      List<String> refusals,
      List<String> notes) {}

  /** One backup, and why. */
  record Choice(BackupName label, String reason) {}

  /** WAL of a timeline. */
  record Wal(Timeline timeline, Lsn before, long bytes) {}

  /** What was removed, in objects and in bytes of the store. */
  record Removed(int backups, int unfinished, long segments, long objects, long bytes) {}

  ExpireCommand(Invocation invocation) {
    this.invocation = invocation;
  }

  @Override
  public Integer call() {
    Configuration configuration = invocation.configuration();
    ClusterSettings settings = configuration.cluster(cluster);
    Output output = invocation.output();
    try (Wiring wiring = invocation.wiring(configuration)) {
      Expiry expiry = new Expiry(wiring.repository(settings), policy(settings.retention()));
      if (dryRun) {
        Plan plan = plan(expiry.plan(Instant.now()));
        output.result(new Report(cluster, plan, Optional.empty()), () -> text(plan, true));
        return 0;
      }
      ExpiryResult result =
          expiry.run(Instant.now(), announced -> output.say(text(plan(announced), false)));
      Removed removed =
          new Removed(
              result.backups(),
              result.unfinished(),
              result.segments(),
              result.objects(),
              result.bytes());
      output.result(
          new Report(cluster, plan(result.plan()), Optional.of(removed)), () -> text(removed));
      return 0;
    }
  }

  /** What the configuration asks to be kept. */
  static RetentionPolicy policy(RetentionSettings retention) {
    return new RetentionPolicy(retention.recoveryWindow(), retention.fulls());
  }

  private static Plan plan(ExpiryPlan plan) {
    return new Plan(
        plan.windowBegin(),
        choices(plan.kept()),
        choices(plan.removed()),
        choices(plan.unfinished()),
        plan.wal().stream().map(wal -> new Wal(wal.timeline(), wal.before(), wal.bytes())).toList(),
        plan.refusals(),
        plan.notes());
  }

  private static List<Choice> choices(List<ExpiryPlan.Decision> decisions) {
    return decisions.stream().map(each -> new Choice(each.name(), each.reason())).toList();
  }

  private String text(Plan plan, boolean only) {
    StringBuilder text =
        new StringBuilder(
            "%s: every restorable moment since %s stays restorable\n"
                .formatted(cluster, Human.time(plan.windowBegin())));
    plan.refusals()
        .forEach(reason -> text.append("  removes nothing: ").append(reason).append('\n'));
    lines(text, "keeps  ", plan.kept());
    lines(text, "removes", plan.backups());
    lines(text, "removes", plan.unfinished());
    plan.wal()
        .forEach(
            wal ->
                text.append(
                    "  removes WAL of timeline %s before %s, %s of it\n"
                        .formatted(wal.timeline(), wal.before(), Human.bytes(wal.bytes()))));
    plan.notes().forEach(note -> text.append("  note: ").append(note).append('\n'));
    if (only) {
      text.append("  nothing was removed (--dry-run)");
    }
    return text.toString().stripTrailing();
  }

  private static void lines(StringBuilder text, String what, List<Choice> choices) {
    choices.forEach(
        each -> text.append("  %s %s: %s\n".formatted(what, each.label(), each.reason())));
  }

  private static String text(Removed removed) {
    return "removed %d backups, %d unfinished ones, %d WAL segments: %d objects, %s"
        .formatted(
            removed.backups(),
            removed.unfinished(),
            removed.segments(),
            removed.objects(),
            Human.bytes(removed.bytes()));
  }
}
