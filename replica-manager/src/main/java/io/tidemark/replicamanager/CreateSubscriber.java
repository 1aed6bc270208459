package io.tidemark.replicamanager;

import io.tidemark.config.ErrorCode;
import io.tidemark.config.ReplicaSettings;
import io.tidemark.config.TidemarkException;
import io.tidemark.postgres.LocalCommand;
import io.tidemark.postgres.PostgresInstallation;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;

/**
 * Makes of a stopped standby a target that is subscribed to its primary, by PostgreSQL's own
 * pg_createsubscriber: no initial copy loads the primary. From PostgreSQL 17 on, and both of one
 * major. The whole database is there then, so it is for pipelines that take all of it.
 *
 * <p>See postgresql.org/docs/current/app-pgcreatesubscriber.html. What it began it cannot go on
 * with: a directory that it left in the middle has to be built anew.
 */
public final class CreateSubscriber {
  static final String PROGRAM = "pg_createsubscriber";
  private static final int SINCE = 17;
  private static final Duration LIMIT = Duration.ofHours(6);

  private final LogicalSpec spec;
  private final ReplicaSettings standby;
  private final PostgresInstallation installation;

  /**
   * @param standby built by Tidemark, stopped, with manage: false, so that nothing starts it
   * @param installation that runs the standby
   */
  public CreateSubscriber(
      LogicalSpec spec, ReplicaSettings standby, PostgresInstallation installation) {
    this.spec = spec;
    this.standby = standby;
    this.installation = installation;
  }

  /**
   * The command line, for the owner of the directory. A password is never in it: a process list
   * shows command lines.
   *
   * @param dryRun whether it only looks whether it could
   * @throws TidemarkException SOFTWARE_MISSING before 17; CONFIG_INVALID where the source has a
   *     password file instead of a passfile
   */
  static List<String> command(
      Path program, int major, LogicalSpec spec, Path directory, int port, boolean dryRun) {
    if (major < SINCE) {
      throw new TidemarkException(
          ErrorCode.SOFTWARE_MISSING,
          "pg_createsubscriber is there from PostgreSQL 17 on; the standby is of " + major,
          "Leave it out: the subscription copies the tables then.");
    }
    SubscriptionConninfo conninfo = spec.conninfo();
    if (!conninfo.text().equals(conninfo.toString())) {
      throw new TidemarkException(
          ErrorCode.CONFIG_INVALID,
          "the source's connection has a password-file; pg_createsubscriber would show it",
          "Use passfile, which the owner of the standby can read.");
    }
    Stream<String> command =
        Stream.of(
            program.toString(),
            "--pgdata=" + directory,
            "--subscriber-port=" + port,
            "--publisher-server=" + conninfo.text(),
            "--database=" + spec.source().database(),
            "--publication=" + spec.publication(),
            "--replication-slot=" + spec.slot(),
            "--subscription=" + spec.subscription());
    return Stream.concat(command, dryRun ? Stream.of("--dry-run") : Stream.of()).toList();
  }

  /**
   * Tries it, then does it. The directory is a server's of its own afterwards, stopped.
   *
   * @throws TidemarkException SOFTWARE_MISSING where it is not installed; POSTGRES_REFUSED with
   *     what it said; TIMED_OUT; INTERRUPTED
   */
  public void run() {
    Path program = installation.program(PROGRAM);
    int major = installation.version().major();
    run(command(program, major, spec, standby.directory(), standby.port(), true));
    // From here on the directory can never be a standby again.
    run(command(program, major, spec, standby.directory(), standby.port(), false));
  }

  private void run(List<String> command) {
    LocalCommand.Result result =
        LocalCommand.run(LocalCommand.asOwnerOf(standby.directory(), command), Path.of("/"), LIMIT);
    if (result.exitCode() != 0) {
      throw new TidemarkException(
          ErrorCode.POSTGRES_REFUSED,
          "pg_createsubscriber ended with exit code %d: %s"
              .formatted(result.exitCode(), result.output().strip()),
          "If it had begun to change the directory, build the replica anew.");
    }
  }
}
