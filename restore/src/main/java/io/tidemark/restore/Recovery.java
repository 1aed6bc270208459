package io.tidemark.restore;

import io.tidemark.config.ErrorCode;
import io.tidemark.config.TidemarkException;
import io.tidemark.postgres.ClusterState;
import io.tidemark.postgres.ControlFile;
import io.tidemark.postgres.ControlFileReader;
import io.tidemark.postgres.Lsn;
import io.tidemark.postgres.PostgresServer;
import io.tidemark.postgres.PostgresSession;
import io.tidemark.postgres.Timeline;
import io.tidemark.restore.RestoreOptions.TargetAction;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Starts a restored server, follows its recovery, and proves what it reached. The server stays as
 * the target's action leaves it.
 */
public final class Recovery {
  private static final Logger LOG = LoggerFactory.getLogger(Recovery.class);
  private static final Duration LOOK = Duration.ofMillis(200);

  /** How long a server may take to write its postmaster.pid. */
  private static final Duration APPEARANCE = Duration.ofSeconds(10);

  /** How long a server that is up may take to answer what it replayed. */
  private static final Duration ANSWER_LIMIT = Duration.ofMinutes(1);

  private final PostgresServer server;
  private final Supplier<PostgresSession> sessions;
  private final RestorePlan plan;
  private final TargetAction action;
  private @Nullable PostgresSession session;
  private Instant began = Instant.EPOCH;
  private boolean appeared;
  private @Nullable TidemarkException lastFailure;
  private Replay last = new Replay(Lsn.ZERO, Optional.empty(), true, false);

  /** What the server says of its replay. */
  private record Replay(
      Lsn lsn, Optional<Instant> lastTransaction, boolean inRecovery, boolean paused) {}

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
    began = Instant.now();
    server.startWithoutWaiting(options, log);
    try {
      while (!hasEnded(log)) {
        progress.replayed(last.lsn(), last.lastTransaction());
        pause();
      }
      return proof(Duration.between(began, Instant.now())).require();
    } finally {
      closeSession();
    }
  }

  private boolean hasEnded(Path log) {
    if (!server.isRunning()) {
      if (!appeared && Duration.between(began, Instant.now()).compareTo(APPEARANCE) < 0) {
        return false;
      }
      requireShutDownAtTarget(log);
      return true;
    }
    appeared = true;
    look();
    return !last.inRecovery() || (last.paused() && action == TargetAction.PAUSE);
  }

  /** A server that is gone has either shut down at the target, as asked, or failed. */
  private void requireShutDownAtTarget(Path log) {
    ControlFile controlFile = ControlFileReader.read(server.dataDirectory());
    if (action != TargetAction.SHUTDOWN
        || controlFile.state() != ClusterState.SHUT_DOWN_IN_RECOVERY) {
      throw new TidemarkException(
          ErrorCode.RECOVERY_UNPROVEN,
          "the server ended during recovery, having replayed to %s of %s"
              .formatted(Lsn.max(last.lsn(), controlFile.minRecoveryPoint()), plan.mustReach()),
          "its log " + log + " ends with:\n" + PostgresServer.tail(log));
    }
    last =
        new Replay(
            Lsn.max(last.lsn(), controlFile.minRecoveryPoint()),
            last.lastTransaction(),
            true,
            false);
  }

  /** Asks the server; until it accepts connections, pg_control says how far it was at least. */
  private void look() {
    try {
      PostgresSession open = session;
      if (open == null) {
        if (server.status() != PostgresServer.Status.READY) {
          lookAtControlFile();
          return;
        }
        open = sessions.get();
        session = open;
      }
      last =
          open.first(
                  "SELECT pg_is_in_recovery() AS recovering,"
                      + " pg_last_wal_replay_lsn() AS lsn,"
                      + " pg_last_xact_replay_timestamp() AS at,"
                      + " CASE WHEN pg_is_in_recovery()"
                      + " THEN pg_get_wal_replay_pause_state() END = 'paused' AS paused",
                  row ->
                      new Replay(
                          row.optionalLsn("lsn").orElse(last.lsn()),
                          row.optionalInstant("at"),
                          row.flag("recovering"),
                          row.flag("paused")))
              .orElse(last);
    } catch (TidemarkException e) {
      LOG.debug("no answer from the recovering server yet: {}", e.getMessage());
      lastFailure = e;
      closeSession();
      lookAtControlFile();
    }
  }

  private void lookAtControlFile() {
    ControlFile controlFile = ControlFileReader.read(server.dataDirectory());
    last =
        new Replay(
            Lsn.max(last.lsn(), Lsn.max(controlFile.redo(), controlFile.minRecoveryPoint())),
            last.lastTransaction(),
            // The state alone is that of the primary, until recovery has written its own.
            Files.exists(server.dataDirectory().resolve("recovery.signal"))
                || controlFile.state() != ClusterState.IN_PRODUCTION,
            false);
  }

  private RecoveryProof proof(Duration took) {
    if (server.isRunning() && !last.paused()) {
      askFinally();
    }
    RecoveryProof.State state =
        !server.isRunning()
            ? RecoveryProof.State.SHUT_DOWN
            : last.paused() ? RecoveryProof.State.PAUSED : RecoveryProof.State.PROMOTED;
    return new RecoveryProof(
        plan, last.lsn(), last.lastTransaction(), timeline(state), state, took);
  }

  /** A promoted server keeps what it replayed last; it must say so itself. */
  private void askFinally() {
    Instant deadline = Instant.now().plus(ANSWER_LIMIT);
    while (session == null) {
      look();
      if (session == null && Instant.now().isAfter(deadline)) {
        throw new TidemarkException(
            ErrorCode.RECOVERY_UNPROVEN,
            "the server has ended recovery, but cannot be asked how far it came: "
                + (lastFailure == null ? "it does not get ready" : lastFailure.getMessage()),
            "check that the configured connection works for the restored server, too",
            lastFailure);
      }
      if (session == null) {
        pause();
      }
    }
  }

  private Timeline timeline(RecoveryProof.State state) {
    PostgresSession open = session;
    return state == RecoveryProof.State.PROMOTED && open != null
        ? open.currentTimeline()
        : plan.history().timeline();
  }

  private void closeSession() {
    PostgresSession open = session;
    session = null;
    if (open != null) {
      open.close();
    }
  }

  private static void pause() {
    try {
      Thread.sleep(LOOK);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new TidemarkException(
          ErrorCode.INTERRUPTED,
          "interrupted while PostgreSQL recovers; the server goes on by itself",
          "follow it in its log",
          e);
    }
  }
}
