package io.tidemark.replicamanager;

import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.OptionalDouble;

/** Measures how far behind one standby is, over its observations. One thread uses it at a time. */
public final class LagMeter {
  private final Optional<Duration> delay;
  private final String applicationName;
  private ReplayRate replay = ReplayRate.unknown();
  private DelayWatch watch = DelayWatch.begin();

  /**
   * @param delay that it keeps on purpose
   * @param applicationName under which it streams
   */
  public LagMeter(Optional<Duration> delay, String applicationName) {
    this.delay = delay;
    this.applicationName = applicationName;
  }

  /**
   * Takes one observation, that was made just now.
   *
   * @param server what the primary said last to whom it is asked anyway; empty where it is away
   * @param heartbeat empty: none is written
   */
  public ReplicaLag next(
      Observation seen, Optional<ReplicationView> server, Optional<HeartbeatView> heartbeat) {
    SourceFacts source = SourceFacts.of(seen, server, applicationName);
    return next(seen.at(), System.nanoTime(), StandbyFacts.of(seen), source, heartbeat);
  }

  /**
   * @param atNanos when, by System.nanoTime
   * @param standby empty: it did not answer
   */
  ReplicaLag next(
      Instant now,
      long atNanos,
      Optional<StandbyFacts> standby,
      SourceFacts source,
      Optional<HeartbeatView> heartbeat) {
    StageLag stages =
        StageLag.of(source.written(), source.sender(), standby.flatMap(StandbyFacts::replayed));
    boolean held = standby.map(StandbyFacts::held).orElse(false);
    DataAge age = age(now, standby, heartbeat);
    measure(atNanos, standby, stages, source.rate(), held);
    watch = held ? DelayWatch.begin() : watched(age, standby);
    return new ReplicaLag(
        age,
        held,
        delay.flatMap(d -> held ? Optional.empty() : age.known().map(known -> known.minus(d))),
        watch.isShort(),
        stages,
        catchUp(stages, source.rate(), held),
        replay.capacity(),
        utilisation(source.high()));
  }

  private static DataAge age(
      Instant now, Optional<StandbyFacts> standby, Optional<HeartbeatView> heartbeat) {
    return standby.isEmpty()
        ? new DataAge.Unknown("it does not answer")
        : DataAge.of(now, heartbeat, standby.get().lastCommit());
  }

  private DelayWatch watched(DataAge age, Optional<StandbyFacts> standby) {
    return delay
        .map(d -> watch.next(age, standby.flatMap(StandbyFacts::lastCommit), d))
        .orElse(watch);
  }

  private void measure(
      long atNanos,
      Optional<StandbyFacts> standby,
      StageLag stages,
      OptionalDouble walRate,
      boolean held) {
    var replayed = standby.flatMap(StandbyFacts::replayed);
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

  private OptionalDouble utilisation(OptionalDouble high) {
    double capacity = replay.capacity().orElse(0);
    return high.isPresent() && capacity > 0
        ? OptionalDouble.of(high.getAsDouble() / capacity)
        : OptionalDouble.empty();
  }
}
