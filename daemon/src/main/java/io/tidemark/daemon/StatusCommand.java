package io.tidemark.daemon;

import io.tidemark.config.ClusterSettings;
import io.tidemark.config.Configuration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** Says what can be restored, and how far behind the archive is. */
@Command(
    name = "status",
    description = {
      "Shows what can be restored to, how far the archive is behind the primary, gaps, backups, and"
          + " what is under way. Works when the primary is down, too."
    },
    footer = {
      "%nExamples:",
      "  tidemark status main",
      "  tidemark status --json | jq '.clusters[].archive.behindBytes'"
    })
final class StatusCommand implements Callable<Integer> {
  private final Invocation invocation;

  @Parameters(
      paramLabel = "CLUSTER",
      arity = "0..1",
      description = "A name under clusters: in the configuration (default: all of them).")
  Optional<String> cluster = Optional.empty();

  /** What {@code --json} prints. */
  record Report(List<ClusterStatus> clusters) {}

  StatusCommand(Invocation invocation) {
    this.invocation = invocation;
  }

  @Override
  public Integer call() {
    Configuration configuration = invocation.configuration();
    List<ClusterStatus> found = new ArrayList<>();
    try (Wiring wiring = invocation.wiring(configuration)) {
      for (ClusterSettings settings : Invocation.clusters(configuration, cluster)) {
        List<ReplicaStatus> replicas =
            ReplicaListCommand.read(wiring, configuration.replicasOf(settings));
        found.add(new StatusReader(settings, wiring.repository(settings), replicas).read());
      }
    }
    Output output = invocation.output();
    StatusText text = new StatusText(output);
    output.result(
        new Report(found), () -> found.stream().map(text::of).collect(Collectors.joining("\n\n")));
    return 0;
  }
}
