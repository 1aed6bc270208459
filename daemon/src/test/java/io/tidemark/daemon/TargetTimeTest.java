package io.tidemark.daemon;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Instant;
import java.time.ZoneId;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class TargetTimeTest {
  private static final ZoneId VIENNA = ZoneId.of("Europe/Vienna");

  @ParameterizedTest
  @CsvSource({
    "2026-11-20T15:02:12Z, 2026-11-20T15:02:12Z",
    "2026-11-20 15:02:12.5+01, 2026-11-20T14:02:12.500Z",
    "2026-11-20 15:02:12.123456 +01:00, 2026-11-20T14:02:12.123456Z",
    "2026-11-20 15:02:12-0330, 2026-11-20T18:32:12Z",
    "2026-11-20 15:02 UTC, 2026-11-20T15:02:00Z",
    "2026-07-01 15:02:12 America/New_York, 2026-07-01T19:02:12Z"
  })
  void readsATimeWithAZone(String text, Instant expected) {
    assertThat(TargetTime.parse(text, VIENNA)).isEqualTo(new TargetTime(expected, false));
  }

  @ParameterizedTest
  @CsvSource({
    "2026-11-20 15:02:12, 2026-11-20T14:02:12Z",
    "2026-07-01T15:02, 2026-07-01T13:02:00Z",
    "2026-11-20, 2026-11-19T23:00:00Z"
  })
  void takesATimeWithoutZoneAsLocalAndSaysSo(String text, Instant expected) {
    assertThat(TargetTime.parse(text, VIENNA)).isEqualTo(new TargetTime(expected, true));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "yesterday", "15:02", "2026-13-01", "2026-11-20 25:00", "20.11.2026"})
  void refusesWhatIsNoTime(String text) {
    assertThatThrownBy(() -> TargetTime.parse(text, VIENNA)).hasMessageContaining("expected");
  }

  @Test
  void refusesALocalTimeThatComesTwiceOrNever() {
    assertThatThrownBy(() -> TargetTime.parse("2026-10-25 02:30", VIENNA))
        .hasMessageContaining("twice");
    assertThatThrownBy(() -> TargetTime.parse("2026-03-29 02:30", VIENNA))
        .hasMessageContaining("never");
  }
}
