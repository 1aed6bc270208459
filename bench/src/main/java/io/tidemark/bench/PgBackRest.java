package io.tidemark.bench;

import io.tidemark.testing.TestCluster;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** pgBackRest, set up as its user guide recommends, with two processes and zstd 3. */
final class PgBackRest {
  static final Path PROGRAM = Path.of("/usr/bin/pgbackrest");
  static final String NAME = "pgBackRest zst:3";

  private static final String STANZA = "main";
  private static final String REPOSITORY = "pgbackrest-repository";

  private final WorkDirectory work;
  private final Path config;
  private boolean hasBackup;

  private PgBackRest(WorkDirectory work, Path config) {
    this.work = work;
    this.config = config;
  }

  /** Writes its configuration. */
  static PgBackRest of(WorkDirectory work, TestCluster cluster) {
    String text =
        """
        [global]
        repo1-path=%s
        repo1-bundle=y
        compress-type=zst
        compress-level=3
        process-max=2
        start-fast=y
        archive-timeout=600
        log-level-console=warn
        log-level-file=off
        lock-path=%s
        spool-path=%s
        [main]
        pg1-path=%s
        pg1-port=%d
        pg1-socket-path=%s
        pg1-user=postgres
        """
            .formatted(
                work.path().resolve(REPOSITORY),
                work.make("pgbackrest-lock"),
                work.make("pgbackrest-spool"),
                cluster.data(),
                cluster.port(),
                cluster.socketDirectory());
    return new PgBackRest(work, work.write("pgbackrest.conf", text));
  }

  /** An empty repository. */
  void renew() {
    work.remake(REPOSITORY);
    work.remake("pgbackrest-spool");
    hasBackup = false;
    work.shell().run(command("stanza-create"));
  }

  Path repository() {
    return work.path().resolve(REPOSITORY);
  }

  /** For archive_command; it names the configuration, by which its processes are found. */
  String push(boolean async) {
    return "%s --config=%s --stanza=%s%s archive-push %%p"
        .formatted(PROGRAM, config, STANZA, async ? " --archive-async" : "");
  }

  /** What all processes of it have on their command line. */
  String mark() {
    return config.toString();
  }

  /** A full backup into an empty repository, its WAL archived by archive_command. */
  Measured fullBackup(Scene scene) {
    renew();
    archive(scene.database(), false);
    try {
      work.settle();
      Measured measured =
          scene.meter().command(scene.database().server(), command("--type=full", "backup"));
      hasBackup = true;
      return measured;
    } finally {
      scene.database().archiveBy("");
    }
  }

  /** Makes sure that there is a backup. */
  void requireBackup(Scene scene) {
    if (!hasBackup) {
      fullBackup(scene);
    }
  }

  /** As Tidemark's: everything is on the disk when it ends. */
  List<String> restore(Path to) {
    return List.of(
        "sh",
        "-c",
        String.join(" ", command("--pg1-path=" + to, "--archive-mode=off", "restore"))
            + " && sync -f "
            + to);
  }

  /** A standby's directory; its server is not started. */
  List<String> standby(Path to, String conninfo) {
    return command(
        "--pg1-path=" + to,
        "--type=standby",
        "--archive-mode=off",
        "--recovery-option=primary_conninfo=" + conninfo,
        "restore");
  }

  String version() {
    return work.shell().outputOf(List.of(PROGRAM.toString(), "version")).strip();
  }

  /** The server hands over what it has not yet, in the order of the WAL. */
  void archive(Database database, boolean async) {
    database.archiveBy(push(async));
  }

  private List<String> command(String... arguments) {
    List<String> command =
        new ArrayList<>(List.of(PROGRAM.toString(), "--config=" + config, "--stanza=" + STANZA));
    command.addAll(List.of(arguments));
    return command;
  }
}
