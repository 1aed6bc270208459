package io.tidemark.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

final class ProgressLineTest {
  @Test
  void showsShareRateAndTimeLeft() {
    ProgressLine line =
        new ProgressLine("backup", "copying", 512 << 20, 1L << 30, Duration.ofSeconds(4), "");

    assertThat(line.bar())
        .isEqualTo(
            "backup [############------------] 50% 512.0 MiB of 1.00 GiB, 134.2 MB/s, 4.00 s left,"
                + " copying");
  }

  @Test
  void showsWhatIsDoneWhereTheWholeIsNotKnown() {
    assertThat(new ProgressLine("verify", "reading", 2048, 0, Duration.ofSeconds(1), "x").bar())
        .isEqualTo("verify: 2.00 KiB, 0.0 MB/s, reading, x");
  }

  @Test
  void neverShowsMoreThanAll() {
    assertThat(new ProgressLine("r", "", 20, 10, Duration.ofSeconds(1), "").text())
        .startsWith("r: 100% ");
  }
}
