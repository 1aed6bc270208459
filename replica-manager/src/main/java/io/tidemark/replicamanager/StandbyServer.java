package io.tidemark.replicamanager;

import io.tidemark.config.ErrorCode;
import io.tidemark.config.TidemarkException;
import io.tidemark.postgres.ControlFileReader;
import io.tidemark.postgres.DurableFiles;
import io.tidemark.postgres.LocalCommand;
import io.tidemark.postgres.PostgresInstallation;
import io.tidemark.postgres.PostgresServer;
import io.tidemark.postgres.PostgresServer.StopMode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/** A replica's server: started and stopped by pg_ctl, or through the unit that it is given to. */
public final class StandbyServer {
  private final ReplicaSpec replica;
  private final PostgresInstallation installation;
  private final PostgresServer server;
  private final Optional<String> unit;
  private final String systemctl;

  private StandbyServer(ReplicaSpec replica, PostgresInstallation installation, String systemctl) {
    this.replica = replica;
    this.installation = installation;
    this.server = new PostgresServer(installation, replica.directory());
    this.unit = replica.settings().unit();
    this.systemctl = systemctl;
  }

  /**
   * The server of a replica whose data directory is there, by the programs of its major.
   *
   * @throws TidemarkException SOFTWARE_MISSING; LOCAL_IO, POSTGRES_DATA_INVALID of pg_control
   */
  public static StandbyServer of(ReplicaSpec replica) {
    return of(replica, "systemctl");
  }

  static StandbyServer of(ReplicaSpec replica, String systemctl) {
    int major = ControlFileReader.read(replica.directory()).major().number();
    List<Path> hints =
        Stream.of(replica.settings().binDirectory(), replica.cluster().binDirectory())
            .flatMap(Optional::stream)
            .toList();
    return new StandbyServer(replica, PostgresInstallation.find(major, hints), systemctl);
  }

  /** The programs that run it. */
  public PostgresInstallation installation() {
    return installation;
  }

  public boolean isRunning() {
    return server.isRunning();
  }

  /**
   * Starts it and waits until it accepts connections; nothing where it runs.
   *
   * @throws TidemarkException DIRECTORY_REFUSED where it would start as a primary;
   *     POSTGRES_REFUSED, TIMED_OUT as of {@link PostgresServer#start}
   */
  public void start() {
    requireSignal();
    if (!server.isRunning()) {
      launch();
    }
    server.awaitReady(replica.log(), replica.settings().startTimeout());
  }

  /**
   * Starts one that is a standby no more, and waits until it accepts connections.
   *
   * @throws TidemarkException POSTGRES_REFUSED, TIMED_OUT as of {@link PostgresServer#start}
   */
  void startOnItsOwn() {
    if (!server.isRunning()) {
      launch();
    }
    server.awaitReady(replica.log(), replica.settings().startTimeout());
  }

  /** Stops it fast and waits for its end; nothing where it does not run. */
  public void stop() {
    if (!server.isRunning()) {
      return;
    }
    if (unit.isPresent()) {
      systemctl("stop", unit.get());
    }
    server.stop(StopMode.FAST, replica.settings().startTimeout());
  }

  /** Stops and starts it. */
  public void restart() {
    requireSignal();
    stop();
    start();
  }

  /**
   * Ends recovery, and waits until it is a primary. It replays all WAL that it has first, but for
   * one that stands at a recovery target.
   */
  void promote() {
    server.promote(replica.settings().promoteTimeout());
  }

  /** Has it read its settings again. */
  public void reload() {
    server.reload();
  }

  /** Without the signal PostgreSQL would end recovery: a second primary. */
  private void requireSignal() {
    if (!Files.exists(replica.directory().resolve("standby.signal"))) {
      throw new TidemarkException(
          ErrorCode.DIRECTORY_REFUSED,
          replica.directory() + " has no standby.signal: its server would start as a primary",
          "Find out who promoted it; tidemark replica rebuild "
              + replica.name()
              + " makes it a standby again.");
    }
  }

  private void launch() {
    if (unit.isPresent()) {
      systemctl("start", unit.get());
      return;
    }
    prepareLog();
    // What a copied postgresql.conf says of the directory is the source's.
    server.startWithoutWaiting(
        Map.of("data_directory", replica.directory().toString()), replica.log());
  }

  /** In a directory in which the server's user may not create it. */
  private void prepareLog() {
    Path log = replica.log();
    try {
      if (!Files.exists(log)) {
        DurableFiles.writeNew(log, new byte[0], DurableFiles.PRIVATE);
      }
      Files.setOwner(log, Files.getOwner(replica.directory()));
    } catch (IOException e) {
      throw new TidemarkException(
          ErrorCode.LOCAL_IO,
          "the server's log " + log + " cannot be made: " + e,
          "Check the directory and its permissions, or name another log.",
          e);
    }
  }

  private void systemctl(String verb, String name) {
    Duration limit = replica.settings().startTimeout();
    LocalCommand.Result result =
        LocalCommand.run(List.of(systemctl, verb, name), Path.of("/"), limit);
    if (result.exitCode() != 0) {
      throw new TidemarkException(
          ErrorCode.POSTGRES_REFUSED,
          "systemctl %s %s failed: %s".formatted(verb, name, result.output().strip()),
          "See journalctl -u " + name);
    }
  }
}
