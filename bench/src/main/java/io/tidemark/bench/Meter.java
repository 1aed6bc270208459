package io.tidemark.bench;

import java.util.Collection;
import java.util.List;
import java.util.OptionalLong;
import java.util.function.Supplier;

/** Measures one run. Not for two threads at once: it counts this process's children. */
final class Meter {
  private final Shell shell;

  Meter(Shell shell) {
    this.shell = shell;
  }

  /**
   * A program from its start to its end.
   *
   * @param server the postmaster whose CPU is counted apart
   */
  Measured command(OptionalLong server, List<String> command) {
    double load = ProcFs.load();
    double serverBefore = seconds(server);
    double before = ProcFs.endedChildrenSeconds();
    long start = System.nanoTime();
    Process process = shell.start(command);
    try (TreeWatch watch = new TreeWatch(() -> List.of(process.pid()))) {
      shell.awaitSuccess(process, command);
      double seconds = secondsSince(start);
      return new Measured(
          seconds,
          ProcFs.endedChildrenSeconds() - before,
          seconds(server) - serverBefore,
          watch.peakBytes(),
          load);
    }
  }

  /**
   * Work of processes that live on, or that are not this process's children.
   *
   * @param roots the processes, asked again and again
   * @param work begins and awaits it
   */
  Measured work(OptionalLong server, Supplier<? extends Collection<Long>> roots, Runnable work) {
    double load = ProcFs.load();
    double serverBefore = seconds(server);
    double before = roots.get().stream().mapToDouble(ProcFs::treeSeconds).sum();
    long start = System.nanoTime();
    try (TreeWatch watch = new TreeWatch(roots)) {
      work.run();
      double seconds = secondsSince(start);
      watch.look();
      return new Measured(
          seconds,
          watch.cpuSeconds() - before,
          seconds(server) - serverBefore,
          watch.peakBytes(),
          load);
    }
  }

  static double secondsSince(long startNanos) {
    return (System.nanoTime() - startNanos) / 1e9;
  }

  private static double seconds(OptionalLong server) {
    return server.isPresent() ? ProcFs.treeSeconds(server.getAsLong()) : 0;
  }
}
