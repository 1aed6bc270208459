package io.tidemark.bench;

import java.nio.file.Path;
import java.util.List;

/**
 * Tidemark's repository of the database: made anew for each measured backup, the last one is what
 * is restored from.
 */
final class Home {
  private static final String SLOT = "tidemark_main";
  private static final String REPOSITORY = "tidemark-repository";

  private final WorkDirectory work;
  private final Database database;
  private final TidemarkProgram program;
  private final Meter meter;
  private final Path config;
  private boolean hasBackup;

  Home(WorkDirectory work, Database database, TidemarkProgram program, Meter meter) {
    this.work = work;
    this.database = database;
    this.program = program;
    this.meter = meter;
    this.config =
        program.configure(
            database.cluster(), "tidemark", TidemarkProgram.posix(repository()), SLOT);
  }

  Path repository() {
    return work.path().resolve(REPOSITORY);
  }

  /** A full backup into an empty repository, beside a daemon that archives. */
  Measured backup() {
    Slots.drop(database.cluster(), SLOT);
    work.remake(REPOSITORY);
    Measured measured = BackupRun.beside(work, database, program, meter, config, SLOT);
    hasBackup = true;
    return measured;
  }

  /** Makes sure that there is a backup. */
  void requireBackup() {
    if (!hasBackup) {
      backup();
    }
  }

  /** Archives everything that the server has. */
  void drain() {
    Process daemon = program.daemon(config);
    try {
      Slots.awaitFlushed(database.cluster(), SLOT, database.end(), daemon);
    } finally {
      work.shell().end(daemon);
    }
  }

  /**
   * A configuration of the same repository, with replicas.
   *
   * @param name of the files that belong to it
   * @param replicas the section, as YAML
   */
  Path withReplicas(String name, String replicas) {
    return program.configure(
        database.cluster(), name, TidemarkProgram.posix(repository()), SLOT, replicas);
  }

  List<String> restore(Path to) {
    return program.restore(config, to);
  }
}
