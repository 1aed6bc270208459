package io.tidemark.replicamanager;

import io.tidemark.config.ErrorCode;
import io.tidemark.config.TidemarkException;
import io.tidemark.postgres.Lsn;
import io.tidemark.postgres.PostgresServer;
import io.tidemark.postgres.PostgresSession;
import io.tidemark.replicamanager.RecoveryView.Pause;
import io.tidemark.restore.RecoveryProgress;
import java.util.Optional;

/**
 * Has a standby replay to a position and stand still there. What is wished is on record before
 * anything is done, so that after a crash the daemon leaves the replica alone and the same command
 * goes on.
 */
final class ReplayHold {
  private static final String PAUSE = "SELECT pg_wal_replay_pause()";

  private final ReplicaControl control;
  private final ReplicaSpec replica;

  ReplayHold(ReplicaControl control) {
    this.control = control;
    this.replica = control.replica();
  }

  /**
   * Holds it.
   *
   * @throws TidemarkException RECOVERY_UNPROVEN where it stands elsewhere, or its server ended;
   *     TIMED_OUT where nothing moves for as long as a start may take
   */
  Held hold(Aim aim, RecoveryProgress progress) {
    control.wish(aim.wish());
    StandbyServer server = control.server();
    if (!server.isRunning() || !isUnderWay(server, aim)) {
      server.stop();
      control.configure(aim.wish());
      server.start();
    }
    return prove(aim, follow(aim, progress));
  }

  /** Whether its server was started with that target already. */
  private boolean isUnderWay(StandbyServer server, Aim aim) {
    server.start();
    try (PostgresSession session = control.session()) {
      return aim.settings().entrySet().stream()
          .allMatch(
              setting ->
                  session.setting(setting.getKey()).filter(setting.getValue()::equals).isPresent());
    }
  }

  private Standing follow(Aim aim, RecoveryProgress progress) {
    Waiting waiting = new Waiting(replica.settings().startTimeout());
    Lsn last = Lsn.ZERO;
    boolean asked = false;
    try (PostgresSession session = control.session()) {
      while (true) {
        Standing now = look(session);
        progress.replayed(now.replayed(), now.lastCommit());
        if (!now.inRecovery() || now.pause() == Pause.PAUSED) {
          return now;
        }
        if (!asked && aim.isExhaustedAt(now.replayed())) {
          // No record lies at the target yet, and the next one would stop it: so it stands there.
          session.execute(PAUSE);
          asked = true;
        }
        if (now.replayed().isAfter(last)) {
          last = now.replayed();
          waiting.restart();
        }
        requireProgress(waiting, aim, now);
        waiting.pause();
      }
    }
  }

  private Standing look(PostgresSession session) {
    try {
      return control.standing(session);
    } catch (TidemarkException e) {
      if (control.server().isRunning()) {
        throw e;
      }
      throw new TidemarkException(
          ErrorCode.RECOVERY_UNPROVEN,
          "the server of %s ended while it replayed. Its log %s says:\n%s"
              .formatted(replica.name(), replica.log(), PostgresServer.tail(replica.log())),
          "Once the cause is removed, give the same command again.",
          e);
    }
  }

  private void requireProgress(Waiting waiting, Aim aim, Standing now) {
    if (waiting.isOver()) {
      throw new TidemarkException(
          ErrorCode.TIMED_OUT,
          "%s stands at %s since %s, on its way to %s"
              .formatted(
                  replica.name(), now.replayed(), replica.settings().startTimeout(), aim.target()),
          "It waits for WAL, or for a query (max_standby_streaming_delay): see its log "
              + replica.log()
              + ". The same command goes on where this one ended.");
    }
  }

  private Held prove(Aim aim, Standing reached) {
    if (!reached.inRecovery() || !aim.isMetBy(reached.replayed())) {
      throw new TidemarkException(
          ErrorCode.RECOVERY_UNPROVEN,
          "%s %s at %s; expected it to stand at %s (%s)"
              .formatted(
                  replica.name(),
                  reached.inRecovery() ? "stands" : "left recovery",
                  reached.replayed(),
                  aim.target(),
                  aim.lsn()),
          "Do not use it as of that moment; `tidemark restore` to that target proves what it"
              + " reaches.");
    }
    return new Held(aim.target(), reached.replayed(), reached.lastCommit(), reached.timeline());
  }

  /**
   * Holds it where it stands. Paused first, since a position that is asked for while it replays is
   * out of date at once; a pause alone would be lifted by a promotion.
   *
   * @param name of the target, for people
   */
  Held holdHere(String name, RecoveryProgress progress) {
    if (control.server().isRunning()) {
      control.wish(new Wish.Paused());
      try (PostgresSession session = control.session()) {
        session.execute(PAUSE);
        Standing paused = awaitPause(session);
        control.server().stop();
        return hold(here(name, Optional.of(paused.replayed())), progress);
      }
    }
    return hold(here(name, Optional.empty()), progress);
  }

  private Aim here(String name, Optional<Lsn> seen) {
    Lsn stopped = control.standing().replayed();
    return Aim.here(name, Lsn.max(stopped, seen.orElse(Lsn.ZERO)));
  }

  /**
   * Until no record is applied any more: while a delay is waited out the request stays a request,
   * and counts before that record is applied (PerformWalRecovery in xlogrecovery.c).
   */
  Standing awaitPause(PostgresSession session) {
    Waiting waiting = new Waiting(replica.settings().startTimeout());
    Standing before = control.standing(session);
    while (true) {
      waiting.pause();
      Standing now = control.standing(session);
      boolean still =
          now.replayed().equals(before.replayed()) && replica.settings().delay().isPresent();
      if (now.pause() == Pause.PAUSED || (still && now.pause() == Pause.REQUESTED)) {
        return now;
      }
      if (!now.inRecovery() || waiting.isOver()) {
        throw new TidemarkException(
            ErrorCode.TIMED_OUT,
            "%s was asked to pause and has not after %s; it is at %s"
                .formatted(replica.name(), replica.settings().startTimeout(), now.replayed()),
            "See its log " + replica.log() + ".");
      }
      before = now;
    }
  }
}
