package io.tidemark.replicamanager;

import io.tidemark.config.ErrorCode;
import io.tidemark.config.TidemarkException;
import io.tidemark.postgres.Lsn;
import io.tidemark.postgres.PostgresSession;
import io.tidemark.postgres.Timeline;
import io.tidemark.restore.RecoveryProgress;
import java.time.Instant;
import java.util.Optional;

/**
 * Makes a standby a primary. A promotion replays all WAL that the server has or can fetch, however
 * long it was to be delayed, and also where replay is paused (CheckForStandbyTrigger and
 * WaitForWALToBecomeAvailable in xlogrecovery.c). Only a recovery target stops it: so a replica
 * that waits or stands still is held at its position first, and promoted from there.
 */
public final class Promote {
  private final ReplicaSpec replica;
  private final ReplicaControl control;

  /** How much is replayed before it becomes a primary. */
  public enum Extent {
    /** Nothing: it stands at a target. */
    AT_TARGET,
    /** Nothing beyond its present position. */
    AS_IT_STANDS,
    /** All WAL that it has or can fetch. */
    EVERYTHING,
    /** It is a primary already. */
    DONE
  }

  /** What is going to happen. */
  public record Plan(Standing from, Extent extent) {}

  /**
   * What it became.
   *
   * @param replayed where the new timeline begins
   * @param before the timeline that it left
   */
  public record Promoted(
      Extent extent,
      Lsn replayed,
      Optional<Instant> lastCommit,
      Timeline before,
      Timeline timeline) {}

  public Promote(ReplicaSpec replica) {
    this.replica = replica;
    this.control = new ReplicaControl(replica);
  }

  /**
   * Decides what a promotion would replay.
   *
   * @param latest whether everything is wanted, whatever it waits or stands still for
   */
  public Plan plan(boolean latest) {
    Standing from = control.standing();
    return new Plan(from, extent(from, latest));
  }

  private Extent extent(Standing from, boolean latest) {
    if (!from.inRecovery()) {
      return Extent.DONE;
    }
    if (latest) {
      return Extent.EVERYTHING;
    }
    if (from.target().isPresent() || from.wish() instanceof Wish.HeldAt) {
      return Extent.AT_TARGET;
    }
    boolean waits = replica.settings().delay().isPresent() || from.wish() instanceof Wish.Paused;
    return waits || from.isStill() ? Extent.AS_IT_STANDS : Extent.EVERYTHING;
  }

  /**
   * Does it, and proves that it is a primary on a timeline of its own.
   *
   * @throws TidemarkException RECOVERY_UNPROVEN, TIMED_OUT, POSTGRES_REFUSED; the same command goes
   *     on
   */
  public Promoted run(Plan plan, RecoveryProgress progress) {
    Optional<Held> held =
        switch (plan.extent()) {
          case AT_TARGET -> Optional.of(new ReplayHold(control).hold(target(plan), progress));
          case AS_IT_STANDS ->
              Optional.of(
                  new ReplayHold(control).holdHere("its position before promotion", progress));
          case EVERYTHING -> letGo(plan);
          case DONE -> Optional.empty();
        };
    if (plan.extent() != Extent.DONE) {
      control.wish(new Wish.Promoted());
      control.server().promote();
    }
    return prove(plan, held);
  }

  private static Aim target(Plan plan) {
    Optional<Aim> commanded =
        plan.from().wish() instanceof Wish.HeldAt(String name, var settings)
            ? Aim.of(name, settings)
            : Optional.empty();
    return commanded.or(plan.from()::target).orElseThrow();
  }

  /** A target would hold it back. */
  private Optional<Held> letGo(Plan plan) {
    if (plan.from().target().isPresent()) {
      new Resume(replica).resume();
    }
    control.server().start();
    return Optional.empty();
  }

  private Promoted prove(Plan plan, Optional<Held> held) {
    try (PostgresSession session = control.session()) {
      Standing now = control.standing(session);
      Timeline before = plan.from().timeline();
      boolean onItsOwn = plan.extent() == Extent.DONE || now.timeline().compareTo(before) > 0;
      boolean further = held.filter(at -> now.replayed().isAfter(at.replayed())).isPresent();
      if (now.inRecovery() || !onItsOwn || further) {
        throw new TidemarkException(
            ErrorCode.RECOVERY_UNPROVEN,
            "%s is %s on timeline %s, having replayed to %s; expected a primary on a timeline after %s%s"
                .formatted(
                    replica.name(),
                    now.inRecovery() ? "a standby" : "a primary",
                    now.timeline(),
                    now.replayed(),
                    before,
                    held.map(at -> ", which replayed to " + at.replayed()).orElse("")),
            "See its log " + replica.log() + " before anybody writes to it.");
      }
      forgetTarget(plan);
      return new Promoted(plan.extent(), now.replayed(), now.lastCommit(), before, now.timeline());
    }
  }

  /** Left there, it would stop replay at once if this server becomes a standby again. */
  private void forgetTarget(Plan plan) {
    if (plan.extent() != Extent.DONE) {
      control.configure(new Wish.Promoted());
      control.server().reload();
    }
  }
}
