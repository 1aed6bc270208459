package io.tidemark.replicamanager;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class DataAgeTest {
  private static final Instant NOW = Instant.parse("2026-11-20T12:00:00Z");
  private static final Duration PERIOD = Duration.ofSeconds(10);
  private static final Duration TOLERATED = Duration.ofSeconds(90);

  @Test
  void isTheAgeOfTheLastReplayedCommitWhileBeatsAreWritten() {
    assertThat(age(beats(3600, 5), 7)).isEqualTo(new DataAge.Known(Duration.ofSeconds(7)));
    assertThat(age(beats(3600, 5), 1800)).isEqualTo(new DataAge.Known(Duration.ofMinutes(30)));
  }

  @Test
  void isTakenByThePrimarysClockAndNotByOurs() {
    ClockOffset ahead = new ClockOffset(Duration.ofMinutes(2), Duration.ofMillis(1));
    HeartbeatView beats = beats(3600, 5, Optional.of(ahead));

    assertThat(DataAge.of(NOW, Optional.of(beats), Optional.of(NOW.plusSeconds(100))))
        .isEqualTo(new DataAge.Known(Duration.ofSeconds(20)));
  }

  @Test
  void isNeverNegative() {
    assertThat(age(beats(3600, 5), -3)).isEqualTo(new DataAge.Known(Duration.ZERO));
  }

  @Test
  void isUnknownWithoutABeatAndNotZero() {
    assertThat(DataAge.of(NOW, Optional.empty(), Optional.of(NOW)))
        .isInstanceOf(DataAge.Unknown.class);
    assertThat(age(beats(3600, 31), 40)).as("silent").isInstanceOf(DataAge.Unknown.class);
    assertThat(age(beats(3600, 5, Optional.empty()), 7)).isInstanceOf(DataAge.Unknown.class);
    assertThat(DataAge.of(NOW, Optional.of(beats(3600, 5)), Optional.empty()))
        .as("restarted, and nothing replayed yet")
        .isInstanceOf(DataAge.Unknown.class);
  }

  @Test
  void isAtLeastTheTimeOfBeatsWhereTheLastCommitIsFromBeforeThem() {
    DataAge idleBefore = age(beats(60, 5), 36_000);

    assertThat(idleBefore).isEqualTo(new DataAge.AtLeast(Duration.ofSeconds(60)));
    assertThat(idleBefore.known()).isEmpty();
    assertThat(idleBefore.atLeast()).hasValue(Duration.ofSeconds(60));
    assertThat(age(beats(60, 5), 120)).as("just before").isInstanceOf(DataAge.Known.class);
  }

  private static DataAge age(HeartbeatView beats, long secondsAgo) {
    return DataAge.of(NOW, Optional.of(beats), Optional.of(NOW.minusSeconds(secondsAgo)));
  }

  private static HeartbeatView beats(long firstAgo, long lastAgo) {
    return beats(
        firstAgo, lastAgo, Optional.of(new ClockOffset(Duration.ZERO, Duration.ofMillis(1))));
  }

  private static HeartbeatView beats(long firstAgo, long lastAgo, Optional<ClockOffset> offset) {
    Instant first = NOW.minusSeconds(firstAgo);
    Instant last = NOW.minusSeconds(lastAgo);
    BeatLog log = new BeatLog(List.of(new BeatLog.Span(first, last)), TOLERATED);
    return new HeartbeatView(PERIOD, first, Optional.of(last), offset, log, 1, 0);
  }
}
