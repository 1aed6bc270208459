package io.tidemark.daemon;

import io.tidemark.postgres.Lsn;
import io.tidemark.postgres.Timeline;
import io.tidemark.replicamanager.Standing;
import java.time.Instant;
import java.util.Optional;

/**
 * Where a command found or left a replica: for {@code --json}.
 *
 * @param still whether it replays nothing by command
 * @param lastCommit when the last replayed transaction ended, by the primary's clock
 */
record ReplicaPosition(
    String replica,
    String wish,
    boolean running,
    boolean standby,
    boolean still,
    Timeline timeline,
    Lsn replayed,
    Optional<Lsn> received,
    Optional<Instant> lastCommit) {

  static ReplicaPosition of(String replica, Standing now) {
    return new ReplicaPosition(
        replica,
        ReplicaReader.word(now.wish()),
        now.running(),
        now.inRecovery(),
        now.isStill(),
        now.timeline(),
        now.replayed(),
        now.received(),
        now.lastCommit());
  }
}
