package io.tidemark.daemon;

import io.tidemark.config.ReadSettings;
import io.tidemark.replicamanager.Adoption;
import io.tidemark.replicamanager.ReadRole;
import io.tidemark.replicamanager.ReplicaHome;
import io.tidemark.replicamanager.ReplicaReport;
import io.tidemark.replicamanager.ReplicaState;
import io.tidemark.replicamanager.Wish;
import java.util.Optional;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Makes a replica now, with or without a daemon. */
@Command(
    name = "create",
    description = {
      "Makes a replica of the configuration now: its slot, its data directory from the newest backup"
          + " (from the primary where there is none), its settings, and starts its server. What is"
          + " done already is not done again.",
      "Makes the role of a read replica on the primary, or prints the SQL for somebody who may."
    },
    footer = {
      "%nExamples:",
      "  tidemark replica create reports",
      "  tidemark replica create old_primary --adopt"
    })
final class ReplicaCreateCommand extends OneReplicaCommand {
  @Option(
      names = "--adopt",
      description =
          "Take the data directory that is there: from then on it is Tidemark's to change. One that"
              + " was a primary loses what the primary has not.")
  boolean adopt;

  @Option(names = "--yes", description = "With --adopt: do not ask.")
  boolean yes;

  /**
   * What {@code --json} prints.
   *
   * @param role of a read replica; null where it has none
   */
  record Report(
      String replica,
      String decision,
      String why,
      ReplicaStatus status,
      Optional<ReadRole.Outcome> role) {}

  ReplicaCreateCommand(Invocation invocation) {
    super(invocation);
  }

  @Override
  public Integer call() throws InterruptedException {
    Output output = invocation.output();
    try (ReplicaDesk desk = ReplicaDesk.open(invocation, replica);
        ReplicaReader reader = new ReplicaReader(desk.wiring())) {
      prepare(desk, output);
      Optional<ReadRole.Outcome> role = role(desk);
      ReplicaReport done;
      try (ProgressBar bar = output.progress("replica " + replica)) {
        done = new ReplicaTurns(desk, bar).run();
      }
      ReplicaStatus status = reader.read(desk.spec());
      output.result(
          new Report(replica, done.decision().word(), done.decision().why(), status, role),
          () -> ReplicaText.detail(status) + role.map(ReplicaCreateCommand::text).orElse(""));
      return 0;
    }
  }

  private void prepare(ReplicaDesk desk, Output output) throws InterruptedException {
    try (ReplicaHome.Lock _ = desk.lock()) {
      if (adopt) {
        output.announce(
            "Tidemark takes %s: from then on it writes to it, and may replace its content."
                .formatted(desk.spec().directory()));
        invocation.confirmation().require(yes, "Adopt it as " + replica + "?");
        new Adoption(desk.spec()).run(desk.repository().identity().systemId());
        return;
      }
      ReplicaHome home = desk.spec().home();
      Optional<ReplicaState> dropped =
          home.read().filter(state -> state.wish() instanceof Wish.Dropped);
      if (dropped.isPresent()) {
        home.write(dropped.get().with(new Wish.Running()));
      }
    }
  }

  private static Optional<ReadRole.Outcome> role(ReplicaDesk desk) {
    return desk.spec()
        .settings()
        .read()
        .flatMap(ReadSettings::role)
        .flatMap(role -> desk.spec().primary().map(primary -> new ReadRole(role).make(primary)));
  }

  private static String text(ReadRole.Outcome role) {
    String made =
        role.made()
            ? "\nThe role %s is on the primary.".formatted(role.role())
            : "\nThe role %s could not be made: %s\nRun on the primary, as somebody who may:\n%s"
                .formatted(
                    role.role(),
                    role.why().orElse(""),
                    role.sql().stream()
                        .map(sql -> "  " + sql + ";\n")
                        .collect(Collectors.joining("", "", "  \\password " + role.role())));
    return made
        + "\nFor its clients, in the replica's pg_hba.conf:\n"
        + role.hba().stream().map(line -> "  " + line).collect(Collectors.joining("\n"));
  }
}
