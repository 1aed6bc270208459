package io.tidemark.replicamanager;

import io.tidemark.config.ErrorCode;
import io.tidemark.config.TidemarkException;
import io.tidemark.postgres.ControlFile;
import io.tidemark.postgres.ControlFileReader;
import io.tidemark.postgres.Lsn;
import io.tidemark.postgres.PostgresSession;
import io.tidemark.replicamanager.AdvanceTarget.AtTime;
import io.tidemark.restore.RecoveryProgress;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * Replays a delayed standby forward to a moment, and no further: where the accident is known, that
 * is to just before it. Never past what is not known to lie ahead.
 */
public final class Advance {
  /** How long a commit that was made for it may take into the archive. */
  private static final Duration COMMIT_LIMIT = Duration.ofSeconds(20);

  private final ReplicaSpec replica;
  private final ReplicaControl control;
  private final Supplier<Optional<ArchivedWal>> archive;

  /**
   * What is going to happen.
   *
   * @param from where it stands
   * @param bytes of WAL that will be replayed, about
   */
  public record Plan(AdvanceTarget target, Standing from, Aim aim, long bytes) {}

  /** The primary, where it answers. */
  private record Primary(Lsn end, Instant now) {}

  /**
   * @param archive looks at the cluster's archive anew at each call
   */
  public Advance(ReplicaSpec replica, Supplier<Optional<ArchivedWal>> archive) {
    this.replica = replica;
    this.control = new ReplicaControl(replica);
    this.archive = archive;
  }

  /**
   * Finds where to stop. Changes nothing on the replica; for a time after which no transaction has
   * ended yet, writes a small message on the primary, whose commit is one.
   *
   * @throws TidemarkException TARGET_UNREACHABLE where it is replayed already, or nothing is known
   *     at which replay would stop; POSTGRES_REFUSED where it is no standby
   */
  public Plan plan(AdvanceTarget target) {
    Standing from = control.standing();
    Pausing.requireStandby(replica, from);
    if (from.wish() instanceof Wish.HeldAt(String name, var settings)
        && name.equals(target.describe())) {
      // The same command again: it goes on, or has arrived.
      Optional<Aim> before = Aim.of(name, settings);
      if (before.isPresent()) {
        return plan(target, from, before.get());
      }
    }
    Optional<Primary> primary = primary();
    return plan(
        target,
        from,
        aim(target, from, primary)
            .orElseGet(() -> afterNextCommit((AtTime) target, from, primary)));
  }

  private static Plan plan(AdvanceTarget target, Standing from, Aim aim) {
    return new Plan(target, from, aim, Math.max(0, aim.lsn().minus(from.replayed())));
  }

  private Optional<Aim> aim(AdvanceTarget target, Standing from, Optional<Primary> primary) {
    ControlFile control = ControlFileReader.read(replica.directory());
    return new Aiming(
            replica.cluster().name(),
            from,
            control.redo(),
            control.checkpointTime(),
            archive.get(),
            primary.map(Primary::end))
        .at(target);
  }

  /** A time is met by the first transaction after it: one must be there. */
  private Aim afterNextCommit(AtTime target, Standing from, Optional<Primary> primary) {
    Primary known =
        primary.orElseThrow(
            () -> noCommitAfter(target, "the primary does not answer, so that none can be made"));
    if (!known.now().isAfter(target.time())) {
      throw noCommitAfter(target, "it is %s by the primary's clock".formatted(known.now()));
    }
    commit();
    Waiting waiting = new Waiting(COMMIT_LIMIT);
    while (!waiting.isOver()) {
      Optional<Aim> found = aim(target, from, primary);
      if (found.isPresent()) {
        return found.get();
      }
      waiting.pause();
    }
    throw noCommitAfter(
        target, "one that was made now did not come into the archive within " + COMMIT_LIMIT);
  }

  private void commit() {
    try (PostgresSession session = PostgresSession.open(replica.primary().orElseThrow())) {
      session.emitMessage(true, "tidemark", "advance of " + replica.name());
    }
  }

  private static TidemarkException noCommitAfter(AtTime target, String why) {
    return Aiming.unreachable(
        "no transaction has ended after %s in the archived WAL, and %s"
            .formatted(target.time(), why),
        "Replay would not stop. Name an earlier time, or a position: --lsn.");
  }

  private Optional<Primary> primary() {
    if (replica.primary().isEmpty()) {
      return Optional.empty();
    }
    try (PostgresSession session = PostgresSession.open(replica.primary().get())) {
      return Optional.of(new Primary(session.currentWalLsn(), session.now()));
    } catch (TidemarkException e) {
      if (e.code() == ErrorCode.POSTGRES_UNREACHABLE) {
        return Optional.empty();
      }
      throw e;
    }
  }

  /**
   * Goes there, and proves that it stands there. Can be given again after a crash at any point.
   *
   * @throws TidemarkException RECOVERY_UNPROVEN, TIMED_OUT, POSTGRES_REFUSED
   */
  public Held run(Plan plan, RecoveryProgress progress) {
    return new ReplayHold(control).hold(plan.aim(), progress);
  }
}
