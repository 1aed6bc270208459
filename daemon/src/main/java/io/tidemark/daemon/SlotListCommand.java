package io.tidemark.daemon;

import io.tidemark.config.ClusterSettings;
import io.tidemark.config.Configuration;
import io.tidemark.replicamanager.ReplicationObserver;
import io.tidemark.replicamanager.ReplicationView;
import io.tidemark.replicamanager.SlotOwner;
import io.tidemark.replicamanager.SlotView;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** Lists the slots on primaries. */
@Command(
    name = "list",
    description = {
      "Lists the replication slots on a primary: whose each is, how much WAL it keeps, and how much"
          + " it may keep. An orphan is one that nobody reads and nothing configured here ever will:"
          + " it keeps WAL for nobody."
    },
    footer = {"%nExample:", "  tidemark slot list main"})
final class SlotListCommand implements Callable<Integer> {
  private final Invocation invocation;

  @Parameters(
      paramLabel = "CLUSTER",
      arity = "0..1",
      description = "A name under clusters: in the configuration (default: all of them).")
  Optional<String> cluster = Optional.empty();

  /** What {@code --json} prints. */
  record Report(List<Row> slots) {}

  /**
   * A slot.
   *
   * @param owner tidemark, other or orphan
   * @param health healthy, unbounded, inactive, at-risk, lost or missing
   * @param keptBytes of WAL
   * @param safeBytes that may be written before it is in danger; null: no limit, or lost
   */
  record Row(
      String cluster,
      String slot,
      String owner,
      boolean active,
      String health,
      Optional<Long> keptBytes,
      Optional<Long> safeBytes,
      Optional<Duration> timeToLoss) {}

  SlotListCommand(Invocation invocation) {
    this.invocation = invocation;
  }

  @Override
  public Integer call() {
    Configuration configuration = invocation.configuration();
    List<Row> rows = new ArrayList<>();
    for (ClusterSettings settings : Invocation.clusters(configuration, cluster)) {
      look(configuration, settings).slots().stream()
          .map(slot -> row(settings, slot))
          .forEach(rows::add);
    }
    Output output = invocation.output();
    output.result(new Report(rows), () -> text(rows));
    return 0;
  }

  /** Asks a cluster's primary. */
  static ReplicationView look(Configuration configuration, ClusterSettings cluster) {
    OwnedSlots owned = OwnedSlots.of(configuration, cluster);
    try (ReplicationObserver observer =
        new ReplicationObserver(
            Wiring.primary(cluster).withApplicationName("tidemark"),
            owned.always(),
            owned.passing(),
            Optional.empty())) {
      return observer.step();
    }
  }

  private static Row row(ClusterSettings cluster, SlotView slot) {
    return new Row(
        cluster.name(),
        slot.name().name(),
        owner(slot.owner()),
        slot.active(),
        ReplicaReader.health(slot.health()),
        boxed(slot.retainedBytes()),
        boxed(slot.safeBytes()),
        slot.timeToLoss());
  }

  private static String owner(SlotOwner owner) {
    return switch (owner) {
      case TIDEMARK -> "tidemark";
      case OTHER -> "other";
      case NOBODY -> "orphan";
    };
  }

  private static Optional<Long> boxed(OptionalLong value) {
    return value.isPresent() ? Optional.of(value.getAsLong()) : Optional.empty();
  }

  private static String text(List<Row> rows) {
    Table table = new Table("cluster", "slot", "owner", "active", "health", "keeps", "may keep");
    for (Row row : rows) {
      table.row(
          row.cluster(),
          row.slot(),
          row.owner(),
          row.active() ? "yes" : "no",
          row.health(),
          row.keptBytes().map(Human::bytes).orElse("nothing"),
          row.safeBytes().map(bytes -> Human.bytes(bytes) + " more").orElse("no limit"));
    }
    String orphans =
        rows.stream()
            .filter(row -> row.owner().equals("orphan"))
            .map(
                row ->
                    "  %s keeps WAL for nobody: tidemark slot drop %s %s\n"
                        .formatted(row.slot(), row.cluster(), row.slot()))
            .collect(Collectors.joining());
    return ((table.isEmpty() ? "  none\n" : table.text()) + orphans).stripTrailing();
  }
}
