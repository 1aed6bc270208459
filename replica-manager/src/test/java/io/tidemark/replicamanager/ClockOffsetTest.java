package io.tidemark.replicamanager;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;

class ClockOffsetTest {
  private static final Instant ASKED = Instant.parse("2026-11-20T12:00:00Z");

  @Test
  void takesTheMiddleOfTheRoundTripAndErrsByHalfOfIt() {
    ClockOffset offset = ClockOffset.measured(ASKED, ASKED.plusSeconds(61), Duration.ofSeconds(2));

    assertThat(offset).isEqualTo(offset(60_000, 1000));
    assertThat(offset.ours(ASKED.plusSeconds(60))).isEqualTo(ASKED);
  }

  @Test
  void keepsTheNarrowerMeasureWhileBothCanBeTrueElseTheNewer() {
    assertThat(offset(100, 1).next(offset(104, 5))).isEqualTo(offset(100, 1));
    assertThat(offset(100, 9).next(offset(104, 5))).isEqualTo(offset(104, 5));
    assertThat(offset(100, 1).next(offset(5000, 50))).as("set anew").isEqualTo(offset(5000, 50));
    assertThat(offset(100, 1).next(offset(-5000, 50))).isEqualTo(offset(-5000, 50));
  }

  private static ClockOffset offset(long ahead, long error) {
    return new ClockOffset(Duration.ofMillis(ahead), Duration.ofMillis(error));
  }
}
