package io.tidemark.bench;

import java.nio.file.Path;

/** One measured backup by Tidemark, which waits for the daemon to have archived its WAL. */
final class BackupRun {
  private BackupRun() {}

  /**
   * Into an empty repository; the daemon's part is not counted as the program's, as no peer's is.
   */
  static Measured beside(
      WorkDirectory work,
      Database database,
      TidemarkProgram program,
      Meter meter,
      Path config,
      String slot) {
    program.init(config);
    Process daemon = program.daemon(config);
    try {
      Slots.awaitFlushed(database.cluster(), slot, database.end(), daemon);
      work.settle();
      return meter.command(database.server(), program.backup(config));
    } finally {
      work.shell().end(daemon);
    }
  }
}
