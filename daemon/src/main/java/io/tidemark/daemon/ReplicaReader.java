package io.tidemark.daemon;

import io.tidemark.postgres.Lsn;
import io.tidemark.postgres.SlotName;
import io.tidemark.replicamanager.ArchiveObserver;
import io.tidemark.replicamanager.DirectoryView;
import io.tidemark.replicamanager.Observation;
import io.tidemark.replicamanager.PrimaryView;
import io.tidemark.replicamanager.RecoveryView;
import io.tidemark.replicamanager.ReplicaDecision;
import io.tidemark.replicamanager.ReplicaObserver;
import io.tidemark.replicamanager.ReplicaPlanner;
import io.tidemark.replicamanager.ReplicaPolicy;
import io.tidemark.replicamanager.ReplicaSources;
import io.tidemark.replicamanager.ReplicaSpec;
import io.tidemark.replicamanager.SlotHealth;
import io.tidemark.replicamanager.SlotSight;
import io.tidemark.replicamanager.Wish;
import java.util.Locale;
import java.util.Optional;

/** Looks at replicas, and changes nothing. */
final class ReplicaReader implements AutoCloseable {
  private final Wiring wiring;
  private final ReplicaSources sources = new ReplicaSources();

  ReplicaReader(Wiring wiring) {
    this.wiring = wiring;
  }

  ReplicaStatus read(ReplicaSpec spec) {
    ArchiveObserver archive = new ArchiveObserver(() -> wiring.repository(spec.cluster()));
    try (ReplicaObserver observer = new ReplicaObserver(spec, sources, archive)) {
      return status(spec, observer.observe());
    }
  }

  private static ReplicaStatus status(ReplicaSpec spec, Observation seen) {
    Optional<RecoveryView> recovery = seen.recovery();
    Optional<Lsn> replayed = recovery.flatMap(RecoveryView::replayed);
    return new ReplicaStatus(
        spec.name(),
        spec.cluster().name(),
        spec.kind(),
        spec.directory(),
        spec.settings().host() + ":" + spec.settings().port(),
        spec.settings().delay(),
        word(seen.wish()),
        seen.wish() instanceof Wish.HeldAt held ? Optional.of(held.target()) : Optional.empty(),
        seen.server().map(server -> server.name().toLowerCase(Locale.ROOT)),
        seen.silence(),
        recovery.map(RecoveryView::inRecovery),
        recovery.map(RecoveryView::isStreaming),
        recovery.map(view -> replay(spec, view)),
        seen.directory() instanceof DirectoryView.Ours ours
            ? Optional.of(ours.timeline())
            : Optional.empty(),
        recovery.flatMap(RecoveryView::received),
        replayed,
        recovery.flatMap(RecoveryView::lastCommit),
        replayed.flatMap(at -> behind(seen.primary(), at)),
        spec.slot().map(name -> slot(name, seen.slot())),
        primary(seen.primary()),
        next(ReplicaPlanner.decide(seen, ReplicaPolicy.of(spec.settings()))));
  }

  static String word(Wish wish) {
    return switch (wish) {
      case Wish.Running() -> "running";
      case Wish.Paused() -> "paused";
      case Wish.HeldAt _ -> "held-at";
      case Wish.Promoted() -> "promoted";
      case Wish.Dropped() -> "dropped";
    };
  }

  /** A request to pause is all that a server says that waits out a delay; it applies nothing. */
  private static String replay(ReplicaSpec spec, RecoveryView view) {
    return switch (view.pause()) {
      case NOT_PAUSED -> "on";
      case PAUSED -> "paused";
      case REQUESTED -> spec.settings().delay().isPresent() ? "paused" : "pausing";
    };
  }

  private static Optional<Long> behind(PrimaryView primary, Lsn replayed) {
    return primary instanceof PrimaryView.Known known
        ? Optional.of(Math.max(0, known.current().minus(replayed)))
        : Optional.empty();
  }

  private static ReplicaStatus.Slot slot(SlotName name, SlotSight sight) {
    return switch (sight) {
      case SlotSight.NotUsed(), SlotSight.Unknown _ ->
          new ReplicaStatus.Slot(name.name(), "unknown", Optional.empty());
      case SlotSight.Missing() -> new ReplicaStatus.Slot(name.name(), "missing", Optional.empty());
      case SlotSight.Seen seen ->
          new ReplicaStatus.Slot(name.name(), health(seen.health()), seen.restart());
    };
  }

  static String health(SlotHealth health) {
    return switch (health) {
      case SlotHealth.Missing() -> "missing";
      case SlotHealth.Lost _ -> "lost";
      case SlotHealth.AtRisk _ -> "at-risk";
      case SlotHealth.Inactive _ -> "inactive";
      case SlotHealth.Unbounded() -> "unbounded";
      case SlotHealth.Healthy() -> "healthy";
    };
  }

  private static ReplicaStatus.Primary primary(PrimaryView view) {
    return switch (view) {
      case PrimaryView.NotUsed() -> new ReplicaStatus.Primary(false, false, "", Optional.empty());
      case PrimaryView.Unknown(String why) ->
          new ReplicaStatus.Primary(true, false, why, Optional.empty());
      case PrimaryView.Known known ->
          new ReplicaStatus.Primary(true, true, "", Optional.of(known.server()));
    };
  }

  private static ReplicaStatus.Next next(ReplicaDecision decision) {
    return new ReplicaStatus.Next(
        decision.word(),
        decision.why(),
        decision instanceof ReplicaDecision.Refuse refuse ? refuse.advice() : "");
  }

  @Override
  public void close() {
    sources.close();
  }
}
