package io.tidemark.daemon;

import io.tidemark.config.ClusterSettings;
import io.tidemark.config.Configuration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Makes a cluster's part of its repository, and its slot. */
@Command(
    name = "init",
    description = {
      "Prepares clusters: tries the store out, makes the cluster's part of the repository, and the"
          + " replication slot that keeps WAL until it is archived.",
      "What is there already stays as it is, so it can be run again. Another cluster's part is"
          + " refused."
    },
    footer = {
      "%nExamples:",
      "  tidemark init",
      "  tidemark init main --generate-key",
      "",
      "From then on the slot keeps WAL on the primary: start the daemon soon."
    })
final class InitCommand implements Callable<Integer> {
  private final Invocation invocation;

  @Parameters(
      paramLabel = "CLUSTER",
      arity = "0..1",
      description = "A name under clusters: in the configuration (default: all of them).")
  Optional<String> cluster = Optional.empty();

  @Option(
      names = "--generate-key",
      description = "Make the file that encryption.key-file names, where it is not there yet.")
  boolean generateKey;

  /** What {@code --json} prints. */
  record Report(List<Initialization.Result> clusters) {}

  InitCommand(Invocation invocation) {
    this.invocation = invocation;
  }

  @Override
  public Integer call() {
    Configuration configuration = invocation.configuration();
    List<Initialization.Result> results = new ArrayList<>();
    try (Wiring wiring = invocation.wiring(configuration)) {
      for (ClusterSettings settings : Invocation.clusters(configuration, cluster)) {
        results.add(new Initialization(wiring, settings, generateKey).run());
      }
    }
    invocation.output().result(new Report(results), () -> text(results));
    return 0;
  }

  private static String text(List<Initialization.Result> results) {
    return results.stream()
        .map(
            result ->
                result.cluster()
                    + " in "
                    + result.repository()
                    + "\n"
                    + result.steps().stream()
                        .map(step -> "  " + step)
                        .collect(Collectors.joining("\n")))
        .collect(Collectors.joining("\n"));
  }
}
