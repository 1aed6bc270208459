package io.tidemark.replicamanager;

import io.tidemark.postgres.Lsn;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.OptionalDouble;

/** Measures how far behind one standby is, over its observations. One thread uses it at a time. */
public final class LagMeter {
  private final Optional<Duration> delay;
  private ReplayRate replay = ReplayRate.unknown();
  private DelayWatch watch = DelayWatch.begin();

  /**
   * @param delay that it keeps on purpose
   */
  public LagMeter(Optional<Duration> delay) {
    this.delay = delay;
  }

  /**
   * Takes one observation.
   *
   * @param atNanos when, by System.nanoTime
   * @param standby empty: it did not answer
   * @param primary what the primary said last; empty where it is away
   * @param applicationName under which it streams from the primary
   */
  public ReplicaLag next(
      Instant now,
      long atNanos,
      Optional<StandbyFacts> standby,
      Optional<ReplicationView> primary,
      Optional<HeartbeatView> heartbeat,
      String applicationName) {
    Optional<Instant> commit = standby.flatMap(StandbyFacts::lastCommit);
    DataAge age =
        standby.isEmpty()
            ? new DataAge.Unknown("it does not answer")
            : DataAge.of(now, heartbeat, commit);
    Optional<StandbyLag> sender = primary.flatMap(view -> view.standby(applicationName));
    Optional<Lsn> replayed = standby.flatMap(StandbyFacts::replayed);
    StageLag stages = StageLag.of(primary.map(ReplicationView::current), sender, replayed);
    boolean held = standby.map(StandbyFacts::held).orElse(false);
    OptionalDouble walRate =
        primary.map(ReplicationView::bytesPerSecond).orElseGet(OptionalDouble::empty);
    measure(atNanos, replayed, stages, walRate, held);
    watch = held ? DelayWatch.begin() : delay.map(d -> watch.next(age, commit, d)).orElse(watch);
    return new ReplicaLag(
        age,
        delay.flatMap(d -> held ? Optional.empty() : age.known().map(known -> known.minus(d))),
        watch.isShort(),
        stages,
        catchUp(stages, walRate, held),
        replay.capacity(),
        utilisation(primary));
  }

  private void measure(
      long atNanos, Optional<Lsn> replayed, StageLag stages, OptionalDouble walRate, boolean held) {
    // A delayed standby replays at the primary's pace of then, not at its own.
    if (replayed.isEmpty() || stages.whole().isEmpty() || held || delay.isPresent()) {
      replay = replay.interrupted();
    } else {
      boolean backlog = CatchUp.isBacklog(stages.whole().getAsLong(), walRate);
      replay = replay.next(replayed.get(), backlog, atNanos);
    }
  }

  private CatchUp catchUp(StageLag stages, OptionalDouble walRate, boolean held) {
    return held || delay.isPresent()
        ? new CatchUp.Unknown()
        : CatchUp.estimate(stages.whole(), replay.bytesPerSecond(), walRate);
  }

  private OptionalDouble utilisation(Optional<ReplicationView> primary) {
    OptionalDouble high =
        primary.map(ReplicationView::highBytesPerSecond).orElseGet(OptionalDouble::empty);
    double capacity = replay.capacity().orElse(0);
    return high.isPresent() && capacity > 0
        ? OptionalDouble.of(high.getAsDouble() / capacity)
        : OptionalDouble.empty();
  }
}
