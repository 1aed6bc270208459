package io.tidemark.replicamanager;

import io.tidemark.config.ErrorCode;
import io.tidemark.config.TidemarkException;
import io.tidemark.postgres.DurableFiles;
import io.tidemark.postgres.LocalCommand;
import io.tidemark.postgres.PostgresInstallation;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;

/**
 * Makes of a stopped standby a target that is subscribed to its primary, by PostgreSQL's own
 * pg_createsubscriber: no initial copy loads the primary. From PostgreSQL 17 on, and both of one
 * major. The whole cluster is there then, so it is for pipelines that take most of it.
 *
 * <p>See postgresql.org/docs/current/app-pgcreatesubscriber.html. What it began it cannot go on
 * with: a directory that it left in the middle has to be built anew.
 */
final class CreateSubscriber {
  static final String PROGRAM = "pg_createsubscriber";
  private static final int SINCE = 17;
  private static final Duration LIMIT = Duration.ofHours(6);
  private static final int MOST_LINES = 20;

  /** Both outputs go to the file that is named first: the server's log is among them. */
  private static final List<String> INTO_FILE =
      List.of("sh", "-c", "out=$1; shift; exec \"$@\" > \"$out\" 2>&1", "sh");

  private final LogicalSpec spec;
  private final ReplicaSpec standby;
  private final PostgresInstallation installation;

  /**
   * @param standby built by Tidemark, stopped, and locked, so that nothing starts it
   * @param installation that runs the standby
   */
  CreateSubscriber(LogicalSpec spec, ReplicaSpec standby, PostgresInstallation installation) {
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
            "--socketdir=" + directory,
            "--subscriber-username=" + spec.source().user(),
            "--publisher-server=" + conninfo.text(),
            "--database=" + spec.source().database(),
            "--publication=" + spec.publication(),
            "--replication-slot=" + spec.slot(),
            "--subscription=" + spec.subscription());
    return Stream.concat(command, dryRun ? Stream.of("--dry-run") : Stream.of()).toList();
  }

  /**
   * Whether it could be run.
   *
   * @throws TidemarkException SOFTWARE_MISSING where it is not installed; as of {@link #command}
   */
  void require() {
    command(installation.program(PROGRAM), major(), spec, standby.directory(), port(), true);
  }

  /**
   * Tries it with a stopped standby, and changes nothing.
   *
   * @throws TidemarkException as of {@link #run}
   */
  void tryOut() {
    run(
        true,
        "Nothing was changed, and the standby goes on. Correct what it says, and give the command"
            + " again.");
  }

  /**
   * Does it. The directory is a server's of its own afterwards, stopped.
   *
   * @throws TidemarkException SOFTWARE_MISSING where it is not installed; POSTGRES_REFUSED with
   *     what it said; LOCAL_IO, TIMED_OUT, INTERRUPTED
   */
  void run() {
    run(
        false,
        "Build the replica anew: tidemark replica rebuild %s. At the source, drop what was made: the"
                .formatted(standby.name())
            + " slot %s and the publication %s.".formatted(spec.slot(), spec.publication()));
  }

  private int major() {
    return installation.version().major();
  }

  private int port() {
    return standby.settings().port();
  }

  private void run(boolean dryRun, String hint) {
    Path output = standby.home().programLog();
    List<String> command =
        Stream.of(
                INTO_FILE,
                List.of(output.toString()),
                command(
                    installation.program(PROGRAM),
                    major(),
                    spec,
                    standby.directory(),
                    port(),
                    dryRun))
            .flatMap(List::stream)
            .toList();
    try {
      DurableFiles.write(output, new byte[0], DurableFiles.PRIVATE);
      Files.setOwner(output, Files.getOwner(standby.directory()));
      LocalCommand.Result result =
          LocalCommand.run(
              LocalCommand.asOwnerOf(standby.directory(), command), Path.of("/"), LIMIT);
      if (result.exitCode() != 0) {
        throw new TidemarkException(
            ErrorCode.POSTGRES_REFUSED,
            "pg_createsubscriber%s ended with exit code %d: %s"
                .formatted(dryRun ? " --dry-run" : "", result.exitCode(), tail(output)),
            hint);
      }
    } catch (IOException e) {
      throw new TidemarkException(
          ErrorCode.LOCAL_IO,
          output + " cannot be used: " + e,
          "Check the state directory's permissions and the disk.",
          e);
    }
  }

  private static String tail(Path output) throws IOException {
    List<String> lines =
        new String(Files.readAllBytes(output), StandardCharsets.UTF_8).lines().toList();
    return String.join("\n", lines.subList(Math.max(0, lines.size() - MOST_LINES), lines.size()));
  }
}
