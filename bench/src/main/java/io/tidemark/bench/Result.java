package io.tidemark.bench;

import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * One task, done by several programs in turn.
 *
 * @param bytes that were backed up, restored, archived or replayed
 * @param rows Tidemark's first
 */
record Result(Task task, long bytes, List<Row> rows) {

  /** What is measured. */
  enum Task {
    BACKUP("Full backup to a directory"),
    BACKUP_S3("Full backup to an S3 server (in a process beside it, plain HTTP)"),
    RESTORE("Restore to an empty directory, synced"),
    ARCHIVE("Archiving a backlog of WAL"),
    RECOVERY("Recovery from a restored directory, from the server's start to the end of redo"),
    STANDBY("Standby, from the program's start until it streams"),
    OBSERVE("Observing %d replicas for a minute".formatted(ObservePart.REPLICAS)),
    ADVANCE("Advancing a delayed standby: the whole program, and a restart without the delay"),
    ADVANCE_REPLAY("The same, from the beginning of redo to the target");

    final String title;

    Task(String title) {
      this.title = title;
    }
  }

  Row tidemark() {
    return rows.getFirst();
  }

  Optional<Row> row(String name) {
    return rows.stream().filter(row -> row.name().equals(name)).findFirst();
  }

  /** The one of the others whose median time is least. */
  Optional<Row> fastestPeer() {
    return rows.stream().skip(1).min(Comparator.comparingDouble(row -> row.seconds().median()));
  }

  /** Tidemark's median time divided by another program's. */
  Optional<Double> ratioTo(String name) {
    return row(name).map(this::ratioTo);
  }

  double ratioTo(Row other) {
    return tidemark().seconds().median() / other.seconds().median();
  }

  /** In a second of the median run, in units of 1000000. */
  double megabytesPerSecond(Row row) {
    return bytes / 1e6 / row.seconds().median();
  }
}
