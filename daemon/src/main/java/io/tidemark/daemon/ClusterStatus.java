package io.tidemark.daemon;

import io.tidemark.postgres.Lsn;
import io.tidemark.postgres.SystemId;
import io.tidemark.postgres.Timeline;
import io.tidemark.repository.BackupName;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * How it stands with one cluster. What is not known is empty.
 *
 * @param restorable what can be restored to, a range for each timeline and stretch
 * @param remarks what does not belong into the repository, or is missing there, a sentence each
 */
record ClusterStatus(
    String cluster,
    String repository,
    SystemId systemId,
    int postgresMajor,
    boolean encrypted,
    List<Range> restorable,
    Archive archive,
    Server server,
    List<Gap> gaps,
    List<BackupRow> backups,
    List<UnfinishedRow> unfinishedBackups,
    List<DamagedRow> damagedBackups,
    List<LeaseRow> leases,
    List<ReplicaStatus> replicas,
    List<String> remarks) {

  /**
   * Any moment in it can be restored.
   *
   * @param from when the first backup of it was consistent
   * @param to the last commit or abort in it that is archived
   * @param backups how many of the backups lead into it
   */
  record Range(
      Timeline timeline, Instant from, Lsn fromLsn, Optional<Instant> to, Lsn toLsn, int backups) {}

  /**
   * The archive's end.
   *
   * @param behindBytes of what the primary has written
   * @param behind how long the primary's oldest unarchived WAL has been there
   */
  record Archive(
      Optional<Timeline> timeline,
      Optional<Lsn> frontier,
      Optional<Long> behindBytes,
      Optional<Duration> behind) {}

  /**
   * The primary.
   *
   * @param problem why it cannot be asked; empty where it was
   */
  record Server(
      boolean reachable,
      String problem,
      Optional<String> version,
      Optional<Timeline> timeline,
      Optional<Lsn> lsn,
      Optional<Slot> slot) {}

  /**
   * The replication slot.
   *
   * @param keptBytes of WAL that the primary keeps for it
   * @param safeBytes that may still be written before it is in danger; empty: no limit, or lost
   */
  record Slot(
      String name,
      boolean exists,
      boolean active,
      Optional<String> walStatus,
      Optional<Long> keptBytes,
      Optional<Long> safeBytes) {}

  /** WAL that was lost. */
  record Gap(Timeline timeline, Lsn from, Lsn to, long bytes, boolean onRecord, String reason) {}

  /**
   * A completed backup.
   *
   * @param bytes of its files
   * @param storedBytes what it takes in the store
   */
  record BackupRow(
      BackupName label,
      Timeline timeline,
      Instant start,
      Instant stop,
      Lsn startLsn,
      Lsn stopLsn,
      long files,
      long bytes,
      long storedBytes,
      boolean fromStandby,
      Duration age) {}

  /** A backup without manifest. */
  record UnfinishedRow(BackupName label, Instant began, String writer) {}

  /** A backup whose manifest cannot be read. */
  record DamagedRow(BackupName label, String problem) {}

  /** Work that some process does. */
  record LeaseRow(String work, String holder, Instant until) {}
}
