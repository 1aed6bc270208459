package io.tidemark.restore;

import io.tidemark.config.ErrorCode;
import io.tidemark.config.TidemarkException;
import io.tidemark.postgres.ClusterState;
import io.tidemark.postgres.ControlFile;
import io.tidemark.postgres.ControlFileReader;
import io.tidemark.postgres.Lsn;
import io.tidemark.postgres.PostgresServer;
import io.tidemark.postgres.PostgresSession;
import io.tidemark.postgres.Row;
import io.tidemark.postgres.Timeline;
import java.nio.file.Files;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Watches the replay of a server: by SQL as soon as it accepts connections, by its pg_control until
 * then. For one thread.
 */
final class ReplayWatch implements AutoCloseable {
  /** The server reads its clock before it says when it started. */
  private static final Duration CLOCK_MARGIN = Duration.ofSeconds(2);

  private static final String QUERY =
      "SELECT pg_is_in_recovery() AS recovering, pg_last_wal_replay_lsn() AS lsn,"
          + " pg_last_xact_replay_timestamp() AS at,"
          + " CASE WHEN pg_is_in_recovery() THEN pg_get_wal_replay_pause_state() END = 'paused'"
          + " AS paused";

  private final PostgresServer server;
  private final Supplier<PostgresSession> sessions;
  private final Instant began;
  private final Duration silenceLimit;
  private @Nullable PostgresSession session;
  private @Nullable Instant silentSince;
  private Replay last = Replay.NOTHING;

  /**
   * @param sessions opens a session on the server
   * @param began before the server was started: one that started earlier is another one
   * @param silenceLimit how long it may be that a server accepts connections and cannot be asked
   */
  ReplayWatch(
      PostgresServer server,
      Supplier<PostgresSession> sessions,
      Instant began,
      Duration silenceLimit) {
    this.server = server;
    this.sessions = sessions;
    this.began = began;
    this.silenceLimit = silenceLimit;
  }

  /** What was seen last. */
  Replay last() {
    return last;
  }

  /** Whether the last look was answered by the server itself. */
  boolean isAnswered() {
    return session != null;
  }

  /**
   * Looks.
   *
   * @throws TidemarkException RECOVERY_UNPROVEN where the sessions are another server's, or the
   *     server accepts connections and no session was possible for too long
   */
  Replay look() {
    last = ask().orElseGet(() -> fromControlFile(false));
    return last;
  }

  /** What a server that is gone has left behind. */
  ControlFile lookAtRemains() {
    last = fromControlFile(true);
    return ControlFileReader.read(server.dataDirectory());
  }

  /** The timeline that the server is on; empty where it cannot be asked. */
  Optional<Timeline> timeline() {
    return Optional.ofNullable(session).map(PostgresSession::currentTimeline);
  }

  @Override
  public void close() {
    PostgresSession open = session;
    session = null;
    if (open != null) {
      open.close();
    }
  }

  private Optional<Replay> ask() {
    if (session == null && server.status() != PostgresServer.Status.READY) {
      silentSince = null;
      return Optional.empty();
    }
    try {
      Optional<Replay> answer = session().first(QUERY, this::read);
      silentSince = null;
      return answer;
    } catch (TidemarkException e) {
      close();
      requirePatience(e);
      return Optional.empty();
    }
  }

  private Replay read(Row row) throws SQLException {
    return new Replay(
        row.optionalLsn("lsn").orElse(last.lsn()),
        row.optionalInstant("at"),
        row.flag("recovering"),
        row.flag("paused"));
  }

  private PostgresSession session() {
    PostgresSession open = session;
    if (open == null) {
      open = sessions.get();
      session = open;
      requireThisServer(open);
    }
    return open;
  }

  /** A copy has the identity of what it is a copy of: only its start tells them apart. */
  private void requireThisServer(PostgresSession open) {
    Instant started =
        open.first("SELECT pg_postmaster_start_time() AS at", row -> row.optionalInstant("at"))
            .flatMap(at -> at)
            .orElse(Instant.MIN);
    if (started.isBefore(began.minus(CLOCK_MARGIN))) {
      throw new TidemarkException(
          ErrorCode.RECOVERY_UNPROVEN,
          "the connection leads to another server, which started at %s, before %s was"
              .formatted(started, server.dataDirectory()),
          "give the port of the restored server; it recovers meanwhile, and nothing is proven");
    }
  }

  private void requirePatience(TidemarkException failure) {
    if (failure.code() == ErrorCode.RECOVERY_UNPROVEN) {
      throw failure;
    }
    Instant since = silentSince;
    if (since == null) {
      silentSince = Instant.now();
    } else if (Duration.between(since, Instant.now()).compareTo(silenceLimit) > 0) {
      throw new TidemarkException(
          ErrorCode.RECOVERY_UNPROVEN,
          "the restored server accepts connections, but cannot be asked how far it came: "
              + failure.getMessage(),
          "see that port, user and password are right for it; it goes on by itself, unproven",
          failure);
    }
  }

  /** While it replays, its minimum recovery point is a position that it has passed. */
  private Replay fromControlFile(boolean hasEnded) {
    ControlFile file = ControlFileReader.read(server.dataDirectory());
    Lsn passed = hasEnded ? file.minRecoveryPoint() : Lsn.max(file.redo(), file.minRecoveryPoint());
    return new Replay(
        Lsn.max(last.lsn(), passed),
        last.lastTransaction(),
        // The state alone is that of the primary, until recovery has written its own.
        Files.exists(server.dataDirectory().resolve("recovery.signal"))
            || file.state() != ClusterState.IN_PRODUCTION,
        false);
  }
}
