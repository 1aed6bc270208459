package io.tidemark.replicamanager;

import io.tidemark.config.TidemarkException;
import io.tidemark.postgres.PostgresSession;

/** Lets a standby that was paused, or held at a target, go on as it is configured. */
public final class Resume {
  private final ReplicaControl control;

  public Resume(ReplicaSpec replica) {
    this.control = new ReplicaControl(replica);
  }

  /** Where it stands now. */
  public Standing look() {
    return control.standing();
  }

  /**
   * Lets it go. A target is taken away by a restart: pg_wal_replay_resume() would end recovery
   * there.
   *
   * @return where it goes on from
   * @throws TidemarkException POSTGRES_REFUSED where it is no standby any more
   */
  public Standing resume() {
    Standing before = control.standing();
    Pausing.requireStandby(control.replica(), before);
    Wish running = new Wish.Running();
    control.wish(running);
    StandbyServer server = control.server();
    if (before.target().isPresent() || isTargetLoaded(before)) {
      server.stop();
      control.configure(running);
    }
    server.start();
    try (PostgresSession session = control.session()) {
      if (control.standing(session).isStill()) {
        session.execute("SELECT pg_wal_replay_resume()");
      }
      return control.standing(session);
    }
  }

  /** Its file may be right and its server started with another. */
  private boolean isTargetLoaded(Standing before) {
    if (!before.running()) {
      return false;
    }
    try (PostgresSession session = control.session()) {
      return session
          .value(
              "SELECT count(*) FROM pg_settings WHERE name IN"
                  + " ('recovery_target_lsn', 'recovery_target_time',"
                  + " 'recovery_target_xid', 'recovery_target_name') AND setting <> ''")
          .filter(count -> !count.equals("0"))
          .isPresent();
    }
  }
}
