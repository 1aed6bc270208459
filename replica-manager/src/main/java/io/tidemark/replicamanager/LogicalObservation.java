package io.tidemark.replicamanager;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Everything that a native pipeline's next step is decided by.
 *
 * @param failures of actions that are not due again yet, by what they concern
 * @param retry when a subscription that an error has disabled is enabled again; empty: at once
 */
record LogicalObservation(
    Instant at,
    LogicalWish wish,
    List<LogicalWishes.Resync> resyncs,
    LogicalSource source,
    LogicalTarget target,
    Map<String, String> failures,
    Optional<Instant> retry) {
  LogicalObservation {
    resyncs = List.copyOf(resyncs);
    failures = Map.copyOf(failures);
  }
}
