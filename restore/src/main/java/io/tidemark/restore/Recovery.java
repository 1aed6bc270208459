package io.tidemark.restore;

import io.tidemark.config.ErrorCode;
import io.tidemark.config.TidemarkException;
import io.tidemark.postgres.ClusterState;
import io.tidemark.postgres.ControlFile;
import io.tidemark.postgres.Poll;
import io.tidemark.postgres.PostgresServer;
import io.tidemark.postgres.PostgresSession;
import io.tidemark.restore.RecoveryProof.State;
import io.tidemark.restore.RestoreOptions.TargetAction;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.function.Supplier;

/**
 * Starts a restored server, follows its recovery, and proves what it reached. The server stays as
 * the target's action leaves it.
 */
public final class Recovery {
  private static final Duration LOOK = Duration.ofMillis(200);

  /** How long a server may take to write its postmaster.pid. */
  private static final Duration APPEARANCE = Duration.ofSeconds(10);

  private static final Duration SILENCE = Duration.ofMinutes(1);

  private final PostgresServer server;
  private final Supplier<PostgresSession> sessions;
  private final RestorePlan plan;
  private final TargetAction action;

  /**
   * @param sessions opens a session on the restored server
   */
  public Recovery(
      PostgresServer server,
      Supplier<PostgresSession> sessions,
      RestorePlan plan,
      TargetAction action) {
    this.server = server;
    this.sessions = sessions;
    this.plan = plan;
    this.action = action;
  }

  /**
   * Starts the server and returns when recovery has ended as asked for.
   *
   * @param options settings for the server's command line, such as its port
   * @param log gets what the server prints
   * @throws TidemarkException RECOVERY_UNPROVEN where it ended otherwise
   */
  public RecoveryProof run(Map<String, String> options, Path log, RecoveryProgress progress) {
    Instant began = Instant.now();
    server.startWithoutWaiting(options, log);
    try (ReplayWatch watch = new ReplayWatch(server, sessions, began, SILENCE)) {
      awaitAppearance(began);
      State state = await(watch, log, progress);
      return new RecoveryProof(
              plan,
              watch.last().lsn(),
              watch.last().lastTransaction(),
              state == State.PROMOTED ? watch.timeline().orElseThrow() : plan.history().timeline(),
              state,
              Duration.between(began, Instant.now()))
          .require();
    }
  }

  private void awaitAppearance(Instant began) {
    while (!server.isRunning()
        && Duration.between(began, Instant.now()).compareTo(APPEARANCE) < 0) {
      pause();
    }
  }

  /** Until the server itself says that it has ended recovery, or is gone. */
  private State await(ReplayWatch watch, Path log, RecoveryProgress progress) {
    while (true) {
      if (!server.isRunning()) {
        requireShutDownAtTarget(watch, log);
        return State.SHUT_DOWN;
      }
      Replay replay = watch.look();
      progress.replayed(replay.lsn(), replay.lastTransaction());
      if (replay.paused() && action == TargetAction.PAUSE) {
        return State.PAUSED;
      }
      if (!replay.inRecovery() && watch.isAnswered()) {
        return State.PROMOTED;
      }
      pause();
    }
  }

  /**
   * A server that is gone has either shut down at the target or failed. It also shuts down where it
   * was to pause and hot_standby is off.
   */
  private void requireShutDownAtTarget(ReplayWatch watch, Path log) {
    ControlFile remains = watch.lookAtRemains();
    if (action == TargetAction.PROMOTE || remains.state() != ClusterState.SHUT_DOWN_IN_RECOVERY) {
      throw new TidemarkException(
          ErrorCode.RECOVERY_UNPROVEN,
          "the server ended during recovery, having replayed to %s of %s at least"
              .formatted(watch.last().lsn(), plan.mustReach()),
          "once the cause is removed, start it again: recovery goes on where it was. Its log "
              + log
              + " ends with:\n"
              + PostgresServer.tail(log));
    }
  }

  private static void pause() {
    Poll.pause(
        LOOK,
        "interrupted while PostgreSQL recovers; the server goes on by itself",
        "follow it in its log");
  }
}
