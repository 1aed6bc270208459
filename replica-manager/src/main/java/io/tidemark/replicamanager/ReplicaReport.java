package io.tidemark.replicamanager;

import io.tidemark.config.TidemarkException;
import java.time.Instant;
import java.util.Optional;

/**
 * How a replica stands.
 *
 * @param since when the decision was first of this kind
 * @param acting whether it is being carried out now: a build may take hours
 * @param failure what the last action ended with, while it is still to be done
 */
public record ReplicaReport(
    String replica,
    Observation observation,
    ReplicaDecision decision,
    Instant since,
    boolean acting,
    Optional<TidemarkException> failure) {}
