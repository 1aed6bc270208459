package io.tidemark.replicamanager;

import io.tidemark.config.ReplicaKind;
import io.tidemark.postgres.PostgresServer.Status;
import io.tidemark.postgres.SystemId;
import io.tidemark.replicamanager.DirectoryView.Ours;
import io.tidemark.replicamanager.ReplicaDecision.Build;
import io.tidemark.replicamanager.ReplicaDecision.Configure;
import io.tidemark.replicamanager.ReplicaDecision.ContinueBuild;
import io.tidemark.replicamanager.ReplicaDecision.Nothing;
import io.tidemark.replicamanager.ReplicaDecision.PauseReplay;
import io.tidemark.replicamanager.ReplicaDecision.Refuse;
import io.tidemark.replicamanager.ReplicaDecision.Start;
import io.tidemark.replicamanager.ReplicaDecision.Wait;
import io.tidemark.replicamanager.SettingsView.Known;
import java.util.Optional;

/** Decides what a replica needs next: a pure function of what is known of it. */
public final class ReplicaPlanner {
  private final Observation seen;
  private final ReplicaPolicy policy;

  private ReplicaPlanner(Observation seen, ReplicaPolicy policy) {
    this.seen = seen;
    this.policy = policy;
  }

  /** The one next thing. What follows from it is decided by the next observation. */
  public static ReplicaDecision decide(Observation seen, ReplicaPolicy policy) {
    return new ReplicaPlanner(seen, policy).decide();
  }

  private ReplicaDecision decide() {
    return switch (seen.wish()) {
      case Wish.Dropped() -> new Nothing("it was dropped by command");
      case Wish.Promoted() -> new Nothing("it was promoted by command, and is on its own");
      case Wish.Paused() when policy.manage() -> paused();
      case Wish.HeldAt held when policy.manage() -> held(held);
      case Wish.Running() when policy.manage() -> byDirectory();
      case Wish.Paused(), Wish.HeldAt _, Wish.Running() -> observed();
    };
  }

  /** manage: false. It may be of any other tool's making. */
  private ReplicaDecision observed() {
    if (seen.recovery().isEmpty()) {
      return new Wait(
          "it is only observed (manage: false), and does not answer: " + seen.silence());
    }
    RecoveryView recovery = seen.recovery().get();
    if (!recovery.inRecovery()) {
      return new Refuse(
          "it is a primary", "Take it out of the replicas, or make it a standby again.");
    }
    return recovery.isStreaming() || policy.kind() == ReplicaKind.ARCHIVE_ONLY
        ? streaming("it is only observed (manage: false), and ")
        : new Wait("it is only observed (manage: false), and receives nothing from its upstream");
  }

  private ReplicaDecision byDirectory() {
    return switch (seen.directory()) {
      case DirectoryView.Absent() -> build("there is no directory yet");
      case DirectoryView.Empty() -> build("the directory is empty");
      case DirectoryView.Gone(String why) -> gone(why);
      case DirectoryView.Foreign(String why) ->
          new Refuse(
              "the directory is not Tidemark's: " + why,
              "Name another directory, or give this one: tidemark replica create %s --adopt"
                  .formatted(policy.replica()));
      case DirectoryView.Unknown(String why) ->
          new Wait("the directory cannot be looked at: " + why);
      case DirectoryView.Unfinished(String why) ->
          seen.isRunning()
              ? new Refuse(
                  "a server runs in the unfinished directory",
                  "Stop it; Tidemark goes on with the build then.")
              : new ContinueBuild(why);
      case Ours ours -> byServer(ours);
    };
  }

  private ReplicaDecision build(String why) {
    return switch (seen.archive()) {
      case ArchiveView.Unknown(String unknown) ->
          new Wait(
              "%s, and whether there is a backup to build it from is not known: %s"
                  .formatted(why, unknown));
      case ArchiveView.Known archive when archive.hasBackup() ->
          new Build(Build.From.REPOSITORY, why + ", and there is a backup");
      case ArchiveView.Known _ -> buildWithoutBackup(why);
    };
  }

  private ReplicaDecision buildWithoutBackup(String why) {
    return switch (seen.primary()) {
      case PrimaryView.Known _ ->
          new Build(Build.From.PRIMARY, why + ", and the repository has no backup yet");
      case PrimaryView.Unknown(String unknown) ->
          new Wait(
              "%s, there is no backup, and the primary is not reached: %s".formatted(why, unknown));
      case PrimaryView.NotUsed() ->
          new Wait(why + ", and the repository has no backup yet to build it from");
    };
  }

  private ReplicaDecision byServer(Ours ours) {
    Optional<ReplicaDecision> another = anotherCluster(ours.control().systemId());
    if (another.isPresent()) {
      return another.get();
    }
    if (ours.rejoining()) {
      return rejoin(ours);
    }
    Optional<ReplicaDecision> promoted = promoted(ours);
    if (promoted.isPresent()) {
      return promoted.get();
    }
    Optional<ReplicaDecision> diverged = new Divergence(seen, policy).of(ours);
    if (diverged.isPresent()) {
      return diverged.get();
    }
    return switch (seen.server().orElse(Status.STOPPED)) {
      case STOPPED -> stopped();
      case STARTING -> new Wait("its server starts, and is not consistent yet");
      case STOPPING -> new Wait("its server stops");
      case READY, STANDBY -> running(ours);
    };
  }

  private Optional<ReplicaDecision> anotherCluster(SystemId own) {
    Optional<SystemId> primary =
        seen.primary() instanceof PrimaryView.Known known
            ? Optional.of(known.systemId())
            : Optional.empty();
    Optional<SystemId> archive =
        seen.archive() instanceof ArchiveView.Known known
            ? Optional.of(known.systemId())
            : Optional.empty();
    return primary
        .or(() -> archive)
        .filter(expected -> !expected.equals(own))
        .map(
            expected ->
                new Refuse(
                    "the directory is of the cluster with system identifier %s, the primary of %s"
                        .formatted(own, expected),
                    "Correct the connection, or name another directory."));
  }

  /** It was given to us, or left in the middle: an old primary, or what a rewind did not finish. */
  private ReplicaDecision rejoin(Ours ours) {
    if (seen.recovery().filter(recovery -> !recovery.inRecovery()).isPresent()) {
      return new Refuse(
          "it is to follow the primary, and still runs as a primary itself",
          "Stop its server: what it wrote since the other was promoted is taken back then.");
    }
    return new Divergence(seen, policy).repair(ours, "it is to follow the primary again");
  }

  /** Whoever promoted it may have written to it since. Nothing of that is ours to throw away. */
  private Optional<ReplicaDecision> promoted(Ours ours) {
    boolean says = seen.recovery().filter(recovery -> !recovery.inRecovery()).isPresent();
    boolean would = !seen.isRunning() && !ours.signal();
    if (!says && !would) {
      return Optional.empty();
    }
    String name = policy.replica();
    return Optional.of(
        new Refuse(
            says
                ? "it is a primary: somebody has promoted it"
                : "it has no standby.signal (%s): a start would make it a primary"
                    .formatted(ours.control().state()),
            "If it is to stay one, take it out of the replicas; else: tidemark replica rebuild "
                + name));
  }

  private ReplicaDecision stopped() {
    return settings().or(this::slot).orElseGet(() -> new Start("its server does not run"));
  }

  private ReplicaDecision running(Ours ours) {
    if (seen.recovery().isEmpty()) {
      return new Wait("its server runs, and does not answer: " + seen.silence());
    }
    RecoveryView recovery = seen.recovery().get();
    Optional<ReplicaDecision> first =
        slot().or(this::settings).or(() -> new Divergence(seen, policy).ahead(ours, recovery));
    if (first.isPresent()) {
      return first.get();
    }
    return policy.kind() == ReplicaKind.ARCHIVE_ONLY || !recovery.isStreaming()
        ? new Backlog(seen, policy).of(ours, recovery)
        : streaming("");
  }

  private ReplicaDecision streaming(String before) {
    if (policy.kind() == ReplicaKind.SYNC
        && seen.primary() instanceof PrimaryView.Known primary
        && primary
            .standby(policy.applicationName())
            .flatMap(row -> row.syncState())
            .filter("async"::equals)
            .isPresent()) {
      return new Refuse(
          "%sit streams, and no commit waits for it: synchronous_standby_names is '%s'"
              .formatted(before, primary.synchronousNames()),
          "On the primary: ALTER SYSTEM SET synchronous_standby_names = 'FIRST 1 (%s)', and reload."
              .formatted(policy.applicationName()));
    }
    return new Nothing(
        before
            + (policy.kind() == ReplicaKind.ARCHIVE_ONLY
                ? "it is fed from the archive"
                : "it streams"));
  }

  private Optional<ReplicaDecision> settings() {
    if (!(seen.settings() instanceof Known known) || known.isRight()) {
      return Optional.empty();
    }
    String why =
        known.changes().isEmpty()
            ? "its settings are written and not loaded"
            : "settings differ: "
                + String.join(", ", known.changes().stream().map(Object::toString).toList());
    return Optional.of(
        new Configure(known.changes(), seen.isRunning() && known.needsRestart(), why));
  }

  private Optional<ReplicaDecision> slot() {
    return switch (seen.slot()) {
      case SlotSight.Missing() ->
          Optional.of(
              new ReplicaDecision.CreateSlot("its slot is not there: WAL is not kept for it"));
      case SlotSight.Seen(_, SlotHealth.Lost(String reason)) ->
          Optional.of(
              new ReplicaDecision.RecreateSlot("the WAL that its slot kept is lost: " + reason));
      case SlotSight.Seen _, SlotSight.NotUsed(), SlotSight.Unknown _ -> Optional.empty();
    };
  }

  private ReplicaDecision paused() {
    return kept(
        "it is paused by command",
        seen.recovery()
            .filter(recovery -> recovery.pause() == RecoveryView.Pause.NOT_PAUSED)
            .map(_ -> new PauseReplay("it is to be paused, and replays")));
  }

  private ReplicaDecision held(Wish.HeldAt held) {
    return kept("it is held at " + held.target() + " by command", Optional.empty());
  }

  /** Only what keeps a commanded state: no repair may move it. */
  private ReplicaDecision kept(String state, Optional<ReplicaDecision> keep) {
    if (!(seen.directory() instanceof Ours ours)) {
      return new Refuse(
          state + ", and its directory is not as it was",
          "Let it go: tidemark replica resume " + policy.replica());
    }
    Optional<ReplicaDecision> promoted = promoted(ours);
    if (promoted.isPresent()) {
      return promoted.get();
    }
    if (seen.server().filter(Status.STOPPED::equals).isPresent()) {
      // A command that was killed may have stopped it before it wrote the settings for this.
      return settings().orElseGet(() -> new Start(state + ", and its server does not run"));
    }
    return keep.or(this::slot).orElseGet(() -> new Nothing(state));
  }

  private ReplicaDecision gone(String why) {
    return policy.autoRebuild() ? build(why) : new Divergence(seen, policy).rebuild(why);
  }
}
