package io.tidemark.daemon;

import io.tidemark.config.Configuration;
import io.tidemark.config.ReplicaSettings;
import io.tidemark.replicamanager.ReplicaSpec;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;

/** Lists the replicas of this machine. */
@Command(
    name = "list",
    description = "Lists the replicas of the configuration, and how each stands.",
    footer = {"%nExample:", "  tidemark replica list --json | jq '.replicas[].replica'"})
final class ReplicaListCommand implements Callable<Integer> {
  private final Invocation invocation;

  /** What {@code --json} prints. */
  record Report(List<ReplicaStatus> replicas) {}

  ReplicaListCommand(Invocation invocation) {
    this.invocation = invocation;
  }

  @Override
  public Integer call() {
    Configuration configuration = invocation.configuration();
    try (Wiring wiring = invocation.wiring(configuration)) {
      List<ReplicaStatus> all = read(wiring, List.copyOf(configuration.replicas().values()));
      invocation.output().result(new Report(all), () -> ReplicaText.table(all).stripTrailing());
      return 0;
    }
  }

  /** How each stands. */
  static List<ReplicaStatus> read(Wiring wiring, List<ReplicaSettings> replicas) {
    List<ReplicaStatus> all = new ArrayList<>();
    try (ReplicaReader reader = new ReplicaReader(wiring)) {
      for (ReplicaSettings settings : replicas) {
        all.add(
            reader.read(ReplicaSpec.of(wiring.configuration(), settings, Invocation.launcher())));
      }
    }
    return all;
  }
}
