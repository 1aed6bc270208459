package io.tidemark.bench;

import java.io.PrintStream;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Lets programs run in turn, so that what else the machine does meets all of them. */
final class Rounds {
  private final int rounds;
  private final PrintStream progress;

  Rounds(int rounds, PrintStream progress) {
    this.rounds = rounds;
    this.progress = progress;
  }

  /**
   * Each round begins with another program. Before several rounds there is one run that does not
   * count: on a virtual machine, who first writes to memory that was never used pays for it.
   *
   * @param contestants Tidemark first, where it takes part
   */
  Result run(Result.Task task, long bytes, List<? extends Contestant> contestants) {
    Map<Contestant, List<Measured>> runs = new LinkedHashMap<>();
    contestants.forEach(each -> runs.put(each, new ArrayList<>()));
    List<Contestant> order = new ArrayList<>(contestants);
    if (rounds > 1) {
      tell(task, 0, order.getFirst(), order.getFirst().run());
    }
    for (int round = 1; round <= rounds; round++) {
      for (Contestant each : order) {
        Measured measured = each.run();
        runs.getOrDefault(each, List.of()).add(measured);
        tell(task, round, each, measured);
      }
      Collections.rotate(order, -1);
    }
    return new Result(
        task,
        bytes,
        contestants.stream()
            .map(
                each ->
                    new Row(each.name(), runs.getOrDefault(each, List.of()), each.storedBytes()))
            .toList());
  }

  private void tell(Result.Task task, int round, Contestant each, Measured measured) {
    progress.printf(
        "%s %d/%d, %s: %s s, %s CPU s, %s MiB, load %s%n",
        task,
        round,
        rounds,
        each.name(),
        Spread.number(measured.seconds()),
        Spread.number(measured.cpuSeconds()),
        ByteSize.mib(measured.peakBytes()),
        Spread.number(measured.load()));
  }
}
