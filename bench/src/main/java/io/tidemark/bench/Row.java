package io.tidemark.bench;

import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.ToDoubleFunction;

/**
 * What one program came to at one task.
 *
 * @param runs at least one
 */
record Row(String name, List<Measured> runs, OptionalLong storedBytes) {

  Spread seconds() {
    return spread(Measured::seconds);
  }

  Spread spread(ToDoubleFunction<Measured> of) {
    return Spread.of(runs.stream().map(of::applyAsDouble).toList());
  }

  /** Of a column that not every task, and not every program, has. */
  Optional<Spread> more(String column) {
    List<Double> values =
        runs.stream().flatMap(run -> Optional.ofNullable(run.more().get(column)).stream()).toList();
    return values.isEmpty() ? Optional.empty() : Optional.of(Spread.of(values));
  }

  /** The highest of all runs. */
  long peakBytes() {
    return runs.stream().mapToLong(Measured::peakBytes).max().orElse(0);
  }
}
