package io.tidemark.demo;

import java.util.List;

/**
 * What the demo came to, as {@code --json} prints it: sizes in bytes, times in UTC or in seconds.
 *
 * @param directory where all of it was
 * @param seconds from the beginning to the end of the comparison
 */
record DemoReport(
    String postgres,
    String store,
    String directory,
    Workload workload,
    Rpo rpo,
    Backup backup,
    Mishap accident,
    Restored restore,
    Comparison comparison,
    double seconds) {

  /** The live workload. */
  record Workload(long transactions, double perSecond, long refused) {}

  /** How long commits waited until they were durable in the repository. */
  record Rpo(double worstSeconds, double meanSeconds, long samples) {}

  /** The base backup. */
  record Backup(
      String label, long files, long bytes, long storedBytes, double seconds, double rate) {}

  /** The accident. */
  record Mishap(String statement, long xid, String at, String walEnd) {}

  /**
   * The restore.
   *
   * @param seconds of the whole command
   * @param reached the end of the last replayed record
   * @param lastTransaction when that ended
   * @param frontier the end of what the archive held
   * @param unreadBytes archived, and not replayed because it is after the target
   */
  record Restored(
      String target,
      double seconds,
      double filesSeconds,
      double recoverySeconds,
      long bytes,
      long walBytes,
      String mustReach,
      String reached,
      String lastTransaction,
      String frontier,
      long unreadBytes,
      String timeline,
      int port) {}

  /** The restored cluster beside what the primary held. */
  record Comparison(boolean same, List<Table> tables) {}

  /** One table's rows. */
  record Table(String name, long rowsBefore, long rowsRestored, boolean same) {}
}
