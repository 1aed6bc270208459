package io.tidemark.daemon;

import io.tidemark.config.ReplicaKind;
import io.tidemark.postgres.Lsn;
import io.tidemark.postgres.Timeline;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/**
 * How it stands with one replica. What is not known is empty.
 *
 * @param wish what was commanded last: running, paused, held-at, promoted, dropped
 * @param heldAt where it is to stand still
 * @param server stopped, starting, ready, standby or stopping
 * @param problem why its server says nothing; empty where it does
 * @param lastCommit when the last replayed transaction ended, by the primary's clock
 * @param behindBytes of what its primary has written
 */
record ReplicaStatus(
    String replica,
    String cluster,
    ReplicaKind kind,
    Path directory,
    String address,
    Optional<Duration> delay,
    String wish,
    Optional<String> heldAt,
    Optional<String> server,
    String problem,
    Optional<Boolean> standby,
    Optional<Boolean> streaming,
    Optional<String> replay,
    Optional<Timeline> timeline,
    Optional<Lsn> received,
    Optional<Lsn> replayed,
    Optional<Instant> lastCommit,
    Optional<Long> behindBytes,
    Optional<Slot> slot,
    Primary primary,
    Next next) {

  /**
   * Its slot.
   *
   * @param health healthy, unbounded, inactive, at-risk, lost, missing; unknown
   */
  record Slot(String name, String health, Optional<Lsn> restart) {}

  /** The primary, as the replica's connection finds it. */
  record Primary(boolean used, boolean reachable, String problem, Optional<String> server) {}

  /**
   * What the daemon does next.
   *
   * @param decision as of the metric's label
   * @param advice what a person can do; empty where nothing is needed
   */
  record Next(String decision, String why, String advice) {}
}
