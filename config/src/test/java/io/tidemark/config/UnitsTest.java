package io.tidemark.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class UnitsTest {

  @ParameterizedTest
  @CsvSource({"500ms, PT0.5S", "1s, PT1S", "15m, PT15M", "4h, PT4H", "7d, PT168H", "0s, PT0S"})
  void readsDurations(String text, Duration duration) {
    assertThat(Units.duration(text)).contains(duration);
  }

  @ParameterizedTest
  @CsvSource({
    "0B, 0",
    "1kB, 1000",
    "1KiB, 1024",
    "200MB, 200000000",
    "64MiB, 67108864",
    "1GiB, 1073741824",
    "2TB, 2000000000000",
    "1TiB, 1099511627776"
  })
  void readsSizesAndRates(String text, long bytes) {
    assertThat(Units.bytes(text)).contains(bytes);
    assertThat(Units.bytesPerSecond(text + "/s")).contains(bytes);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "1", "1 s", "-1s", "1.5h", "1w", "1S", "1h30m", "9999999999s"})
  void refusesWhatIsNoDuration(String text) {
    assertThat(Units.duration(text)).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "1", "1 MiB", "-1MiB", "1.5GiB", "1Mib", "1KB", "1kiB", "1M", "999999999TiB"})
  void refusesWhatIsNoSize(String text) {
    assertThat(Units.bytes(text)).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"1MiB", "1MiB/m", "MiB/s", "1/s"})
  void refusesWhatIsNoRate(String text) {
    assertThat(Units.bytesPerSecond(text)).isEmpty();
  }

  @Test
  void spellsAsAnOperatorWould() {
    assertThat(Units.spell(Duration.ofMillis(1500))).isEqualTo("1500ms");
    assertThat(Units.spell(Duration.ofSeconds(90))).isEqualTo("90s");
    assertThat(Units.spell(Duration.ofMinutes(2))).isEqualTo("2m");
    assertThat(Units.spell(Duration.ofHours(5))).isEqualTo("5h");
    assertThat(Units.spell(Duration.ofDays(7))).isEqualTo("7d");
    assertThat(Units.spellBytes(0)).isEqualTo("0B");
    assertThat(Units.spellBytes(1000)).isEqualTo("1000B");
    assertThat(Units.spellBytes(16L << 40)).isEqualTo("16TiB");
  }
}
