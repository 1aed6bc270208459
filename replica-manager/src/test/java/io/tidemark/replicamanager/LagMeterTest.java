package io.tidemark.replicamanager;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.postgres.Lsn;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import org.junit.jupiter.api.Test;

class LagMeterTest {
  private static final Instant T = Instant.parse("2026-11-20T12:00:00Z");
  private static final Duration DELAY = Duration.ofHours(1);
  private static final long END = 10_000_000_000L;

  @Test
  void estimatesCatchingUpFromObservationsWithABacklog() {
    LagMeter meter = new LagMeter(Optional.empty(), "s");
    look(meter, 0, END - 2_000_000_000L, 60, false);

    ReplicaLag lag = look(meter, 10, END - 1_800_000_000L, 60, false);

    assertThat(lag.stages().whole()).hasValue(1_800_000_000L);
    assertThat(lag.replayCapacity()).hasValue(20e6);
    assertThat(lag.catchUp()).isEqualTo(new CatchUp.In(Duration.ofMinutes(3)));
    assertThat(lag.utilisation()).as("20 MB/s of which 15 in busy minutes").hasValue(0.75);
  }

  @Test
  void saysNothingOfCatchingUpWhileReplayIsHeldOrDelayed() {
    LagMeter held = new LagMeter(Optional.empty(), "s");
    look(held, 0, END - 2_000_000_000L, 60, true);
    assertThat(look(held, 10, END - 2_000_000_000L, 70, true).catchUp())
        .isEqualTo(new CatchUp.Unknown());

    LagMeter delayed = new LagMeter(Optional.of(DELAY), "s");
    look(delayed, 0, END - 2_000_000_000L, 3600, false);
    ReplicaLag lag = look(delayed, 10, END - 1_900_000_000L, 3605, false);
    assertThat(lag.catchUp()).isEqualTo(new CatchUp.Unknown());
    assertThat(lag.replayCapacity()).isEmpty();
    assertThat(lag.excess()).hasValue(Duration.ofSeconds(5));
  }

  @Test
  void alarmsNoDelayedStandbyThatIsHeldNearAndThenReleased() {
    LagMeter meter = new LagMeter(Optional.of(DELAY), "s");
    look(meter, 0, END - 2000, 3600, false);

    ReplicaLag advanced = look(meter, 10, END - 1000, 60, true);
    assertThat(advanced.delayShort()).isFalse();
    assertThat(advanced.excess()).as("of one that is held").isEmpty();
    ReplicaLag released = look(meter, 20, END - 1000, 70, false);
    assertThat(released.delayShort()).as("it waits").isFalse();
    ReplicaLag runs = look(meter, 30, END - 10, 5, false);
    assertThat(runs.delayShort()).as("it replays what is young").isTrue();
  }

  @Test
  void knowsNothingOfAStandbyThatDoesNotAnswer() {
    LagMeter meter = new LagMeter(Optional.of(DELAY), "s");

    ReplicaLag lag = meter.next(T, 0, Optional.empty(), source(), Optional.of(beats(T)));

    assertThat(lag.age()).isInstanceOf(DataAge.Unknown.class);
    assertThat(lag.stages()).isEqualTo(StageLag.UNKNOWN);
    assertThat(lag.excess()).isEmpty();
    assertThat(lag.delayShort()).isFalse();
  }

  private static ReplicaLag look(
      LagMeter meter, long second, long replayed, long age, boolean held) {
    Instant now = T.plusSeconds(second);
    StandbyFacts standby =
        new StandbyFacts(Optional.of(new Lsn(replayed)), Optional.of(now.minusSeconds(age)), held);
    return meter.next(
        now,
        Duration.ofSeconds(second).toNanos(),
        Optional.of(standby),
        source(),
        Optional.of(beats(now)));
  }

  private static SourceFacts source() {
    return new SourceFacts(
        Optional.of(new Lsn(END)),
        OptionalDouble.of(10e6),
        OptionalDouble.of(15e6),
        Optional.empty());
  }

  private static HeartbeatView beats(Instant now) {
    BeatLog log =
        new BeatLog(
            List.of(new BeatLog.Span(now.minus(Duration.ofDays(1)), now)), Duration.ofMinutes(1));
    return new HeartbeatView(
        Duration.ofSeconds(10),
        now.minus(Duration.ofDays(1)),
        Optional.of(now),
        Optional.of(new ClockOffset(Duration.ZERO, Duration.ofMillis(1))),
        log,
        9,
        0);
  }
}
