package io.tidemark.replicamanager;

import io.tidemark.config.ErrorCode;
import io.tidemark.config.TidemarkException;
import io.tidemark.postgres.ControlFile;
import io.tidemark.postgres.ControlFileReader;
import io.tidemark.postgres.HostPort;
import io.tidemark.postgres.Lsn;
import io.tidemark.postgres.PostgresEndpoint;
import io.tidemark.postgres.PostgresSession;
import io.tidemark.postgres.PostmasterPid;
import io.tidemark.replicamanager.RecoveryView.Pause;
import io.tidemark.restore.StandbyFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A replica's server and state, as commands look at them and change them. Whoever changes something
 * holds the replica's lock.
 */
final class ReplicaControl {
  private static final Duration CONNECT = Duration.ofSeconds(5);
  private static final Duration STATEMENT = Duration.ofSeconds(30);
  private static final String STANDING =
      "SELECT r AS in_recovery, pg_last_wal_replay_lsn() AS replayed,"
          + " pg_last_wal_receive_lsn() AS received,"
          + " pg_last_xact_replay_timestamp() AS last_commit,"
          + " CASE WHEN r THEN pg_get_wal_replay_pause_state() ELSE 'not paused' END AS pause"
          + " FROM pg_is_in_recovery() AS r";

  private final ReplicaSpec replica;

  ReplicaControl(ReplicaSpec replica) {
    this.replica = replica;
  }

  ReplicaSpec replica() {
    return replica;
  }

  StandbyServer server() {
    return StandbyServer.of(replica);
  }

  /**
   * Looks.
   *
   * @throws TidemarkException POSTGRES_UNREACHABLE where its server runs and does not answer; what
   *     is said of a data directory that is not there or cannot be read
   */
  Standing standing() {
    requireDirectory();
    ControlFile control = ControlFileReader.read(replica.directory());
    if (!server().isRunning()) {
      return new Standing(
          false,
          Files.exists(replica.directory().resolve("standby.signal")),
          Lsn.max(control.minRecoveryPoint(), control.checkpoint()),
          Optional.empty(),
          Optional.empty(),
          Pause.NOT_PAUSED,
          control.minRecoveryTimeline().orElse(control.timeline()),
          target(),
          wish());
    }
    try (PostgresSession session = session()) {
      return standing(session);
    }
  }

  /** As above, of a server that answers. */
  Standing standing(PostgresSession session) {
    return session
        .first(
            STANDING,
            row ->
                new Standing(
                    true,
                    row.flag("in_recovery"),
                    row.optionalLsn("replayed").orElseGet(session::currentWalLsn),
                    row.optionalLsn("received"),
                    row.optionalInstant("last_commit"),
                    pause(row.text("pause")),
                    session.currentTimeline(),
                    target(),
                    wish()))
        .orElseThrow(() -> new IllegalStateException("a query of one row gave none"));
  }

  private static Pause pause(String state) {
    return switch (state) {
      case "paused" -> Pause.PAUSED;
      case "pause requested" -> Pause.REQUESTED;
      default -> Pause.NOT_PAUSED;
    };
  }

  private void requireDirectory() {
    if (!Files.isRegularFile(replica.directory().resolve(ControlFile.PATH))) {
      throw new TidemarkException(
          ErrorCode.DIRECTORY_REFUSED,
          "the replica %s is not there: %s holds no data directory"
              .formatted(replica.name(), replica.directory()),
          "Make it: tidemark replica create " + replica.name());
    }
  }

  /** A session on the server of this directory, whatever else listens on the configured port. */
  PostgresSession session() {
    return session(replica.self().database());
  }

  PostgresSession session(String database) {
    PostgresSession session = PostgresSession.open(endpoint().withDatabase(database));
    ControlFile control = ControlFileReader.read(replica.directory());
    if (!session.systemIdentifier().equals(control.systemId())) {
      session.close();
      throw new TidemarkException(
          ErrorCode.WRONG_CLUSTER,
          "the server at %s is of another cluster than %s"
              .formatted(endpoint().hosts(), replica.directory()),
          "Correct host and port of the replica " + replica.name() + ".");
    }
    return session;
  }

  PostgresEndpoint endpoint() {
    HostPort self = new HostPort(replica.settings().host(), portInUse());
    return replica
        .self()
        .withHosts(List.of(self), PostgresEndpoint.Target.ANY)
        .withTimeouts(CONNECT, STATEMENT);
  }

  private int portInUse() {
    try {
      return PostmasterPid.read(replica.directory())
          .map(PostmasterPid::port)
          .filter(port -> port.isPresent())
          .map(port -> port.getAsInt())
          .orElse(replica.settings().port());
    } catch (IOException | IllegalArgumentException e) {
      return replica.settings().port();
    }
  }

  Wish wish() {
    return replica.home().read().map(ReplicaState::wish).orElseGet(Wish.Running::new);
  }

  /** Puts on record what is commanded, before anything is done for it. */
  void wish(Wish wish) {
    ReplicaState state = new Ownership(replica).requireOurs();
    replica.home().write(state.with(wish));
  }

  /** Writes the settings that go with a wish. A server must be restarted to have all of them. */
  void configure(Wish wish) {
    new Ownership(replica).requireOurs();
    replica.walGet().install(replica.directory());
    Passfile.write(replica);
    StandbyFiles.writeSettings(replica.directory(), settings(wish));
  }

  /**
   * What the primary, which may be gone, has needed once and is written already is not lowered
   * here.
   */
  private Map<String, String> settings(Wish wish) {
    Map<String, String> now = written();
    PrimaryFacts facts = PrimaryFacts.of(ControlFileReader.read(replica.directory()));
    Map<String, String> settings = new LinkedHashMap<>(StandbySettings.of(replica, facts, wish));
    for (String name : StandbySettings.AT_LEAST_THE_PRIMARYS) {
      settings.computeIfPresent(name, (_, least) -> larger(least, now.getOrDefault(name, "")));
    }
    return settings;
  }

  private static String larger(String least, String now) {
    return now.matches("[0-9]{1,9}") && Integer.parseInt(now) > Integer.parseInt(least)
        ? now
        : least;
  }

  /** At which replay stops, as it is written for the server. */
  private Optional<Aim> target() {
    String name = wish() instanceof Wish.HeldAt held ? held.target() : "its recovery target";
    return Aim.of(name, written());
  }

  private Map<String, String> written() {
    Path file = replica.directory().resolve(AutoConf.FILE_NAME);
    try {
      return AutoConf.parse(Files.readAllBytes(file));
    } catch (NoSuchFileException e) {
      return Map.of();
    } catch (IOException e) {
      throw new TidemarkException(
          ErrorCode.LOCAL_IO, file + " cannot be read: " + e, "Run this as the daemon's user.", e);
    }
  }
}
