package io.tidemark.bench;

import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * One task, done by several programs in turn.
 *
 * @param bytes that were backed up, restored, archived or replayed
 * @param rows Tidemark's first, where it took part
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
    ADVANCE_REPLAY("The same, from the beginning of redo to the target"),
    ANALYTICS_COPY_NARROW("Analytics: copy of one table of narrow rows"),
    ANALYTICS_COPY_WIDE("Analytics: copy of one table of wide rows"),
    ANALYTICS_APPLY_PGBENCH("Analytics: catching up with pgbench's default transactions"),
    ANALYTICS_APPLY_BULK("Analytics: catching up with transactions of 10000 inserted rows"),
    ANALYTICS_APPLY_LARGE("Analytics: catching up with one large transaction"),
    ANALYTICS_FRESHNESS("Analytics: age of a commit when the target shows it", "p99 s");

    final String title;

    /** What the seconds are, which are compared. */
    final String seconds;

    Task(String title) {
      this(title, "wall s");
    }

    Task(String title, String seconds) {
      this.title = title;
      this.seconds = seconds;
    }
  }

  Row tidemark() {
    return rows.getFirst();
  }

  /** Whether it took part. */
  boolean hasTidemark() {
    return tidemark().name().startsWith("Tidemark");
  }

  /** The columns that only this task has. */
  List<String> more() {
    return rows.stream()
        .flatMap(row -> row.runs().stream())
        .flatMap(run -> run.more().keySet().stream())
        .distinct()
        .toList();
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
