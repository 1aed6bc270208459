package io.tidemark.replicamanager;

import io.tidemark.config.ErrorCode;
import io.tidemark.config.TidemarkException;
import io.tidemark.postgres.PostgresSession;

/** Has a standby go on receiving WAL and apply none of it. */
public final class Pausing {
  private final ReplicaControl control;

  public Pausing(ReplicaSpec replica) {
    this.control = new ReplicaControl(replica);
  }

  /** Where it stands now. */
  public Standing look() {
    return control.standing();
  }

  /**
   * Pauses it, for as long as it is not resumed: a server that is restarted is paused again by the
   * daemon. One that is held at a target stays held.
   *
   * @return where it stands still
   * @throws TidemarkException POSTGRES_REFUSED where it is no standby, or its role may not pause
   */
  public Standing pause() {
    Standing now = control.standing();
    requireStandby(control.replica(), now);
    if (now.target().isPresent() && now.isStill()) {
      return now;
    }
    if (now.target().isEmpty()) {
      control.wish(new Wish.Paused());
    }
    control.server().start();
    try (PostgresSession session = control.session()) {
      session.execute("SELECT pg_wal_replay_pause()");
      return new ReplayHold(control).awaitPause(session);
    }
  }

  static void requireStandby(ReplicaSpec replica, Standing now) {
    if (!now.inRecovery()) {
      throw new TidemarkException(
          ErrorCode.POSTGRES_REFUSED,
          "%s is no standby any more: it was promoted, and is on timeline %s"
              .formatted(replica.name(), now.timeline()),
          "Take it out of the replicas, or: tidemark replica rebuild " + replica.name());
    }
  }
}
