package io.tidemark.daemon;

import io.tidemark.postgres.Lsn;
import io.tidemark.postgres.Timeline;
import io.tidemark.repository.BackupName;
import io.tidemark.restore.RecoveryProof;
import io.tidemark.restore.RestorePlan;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What {@code restore --json} prints.
 *
 * @param files what was written; null with {@code --plan}
 * @param proof what recovery reached; null without {@code --start}
 */
record RestoreReport(
    String cluster, Path directory, Plan plan, Optional<Files> files, Optional<Proof> proof) {

  /** Assumed, and said to be: bytes per second of writing files, and of replaying WAL. */
  private static final double FILES_RATE = 100e6;

  private static final double WAL_RATE = 60e6;

  /**
   * The plan.
   *
   * @param timelines the way, from the backup's to the last
   * @param mustReach where replay must come to at least
   * @param targetTime when the transaction at the target ended
   * @param lastRestorable the last transaction that is archived on this way
   * @param estimateSeconds at an assumed speed
   */
  record Plan(
      String target,
      boolean exclusive,
      BackupName backup,
      Instant backupStop,
      List<TimelinePart> timelines,
      Lsn walFrom,
      Lsn mustReach,
      long walBytes,
      Lsn frontier,
      Optional<Instant> targetTime,
      Optional<Instant> lastRestorable,
      long files,
      long bytes,
      long storedBytes,
      long estimateSeconds,
      Map<String, String> recoverySettings,
      List<String> notes) {

    static Plan of(RestorePlan plan, Optional<Instant> lastRestorable) {
      double seconds = plan.totals().bytes() / FILES_RATE + plan.walBytes() / WAL_RATE;
      return new Plan(
          plan.request().target().describe(),
          plan.request().exclusive(),
          plan.backup().name(),
          plan.backup().stopTime(),
          TimelinePart.of(plan),
          plan.backup().startLsn(),
          plan.mustReach(),
          plan.walBytes(),
          plan.frontier(),
          plan.targetTime(),
          lastRestorable,
          plan.totals().files(),
          plan.totals().bytes(),
          plan.totals().storedBytes(),
          (long) Math.ceil(seconds),
          plan.recoveryTarget(),
          plan.notes());
    }
  }

  /**
   * One timeline of the way.
   *
   * @param leftAt where the next begins; null for the last
   */
  record TimelinePart(Timeline timeline, Optional<Lsn> leftAt) {
    static List<TimelinePart> of(RestorePlan plan) {
      List<TimelinePart> parts =
          new java.util.ArrayList<>(
              plan.history().switches().stream()
                  .filter(left -> left.from().compareTo(plan.backup().timeline()) >= 0)
                  .map(left -> new TimelinePart(left.from(), Optional.of(left.at())))
                  .toList());
      parts.add(new TimelinePart(plan.history().timeline(), Optional.empty()));
      return List.copyOf(parts);
    }
  }

  /**
   * What was written.
   *
   * @param reusedBytes of {@code bytes}, what was right there already
   */
  record Files(long files, long bytes, long reusedBytes, long removedFiles, Duration took) {}

  /**
   * What recovery reached.
   *
   * @param unreadBytes archived WAL that was not replayed, as asked for
   * @param port where the server listens; null where it was shut down
   */
  record Proof(
      Lsn reached,
      Lsn mustReach,
      Optional<Instant> lastTransaction,
      Lsn frontier,
      long unreadBytes,
      Timeline timeline,
      RecoveryProof.State state,
      Duration took,
      Optional<Integer> port) {

    static Proof of(RecoveryProof proof, Optional<Integer> port) {
      return new Proof(
          proof.reached(),
          proof.plan().mustReach(),
          proof.lastTransaction(),
          proof.plan().frontier(),
          proof.unreadBytes(),
          proof.timeline(),
          proof.state(),
          proof.took(),
          port);
    }
  }
}
