package io.tidemark.analytics;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CopyEstimateTest {
  private static final long MB = 1_000_000;

  /** Megabytes, and megabytes per second; -1: not known, or no limit. */
  @ParameterizedTest
  @CsvSource({
    // bytes, free, copy, wal, limit, apply: copy seconds, kept, catch-up seconds; what refuses it
    "100000, 200000, 100, 10,  50000, 40, 1000, 10000,  333, ''",
    "100000, 200000, 100, 10,  10000, 20, 1000, 10000, 1000, ''",
    "100000, 200000, 100, 10,   9999, 20, 1000, 10000, 1000, max_slot_wal_keep_size",
    "100000, 200000,  10, 10,  50000, 40, 10000, 100000, 3333, max_slot_wal_keep_size",
    "100000, 200000, 100, 10,     -1, 10, 1000, 10000,   -1, never catch up",
    "100000, 200000, 100, 10,     -1,  9, 1000, 10000,   -1, never catch up",
    "100000, 200000, 100, 10,     -1, -1, 1000, 10000,   -1, ''",
    "100000,  99999, 100,  0,     -1, 40, 1000,     0,    0, bytes in the target",
    "     0,     -1, 100, 10,      0, 40,    0,     0,    0, ''"
  })
  void saysHowLongItTakesAndWhetherItEnds(
      long bytes,
      long free,
      long copy,
      long wal,
      long limit,
      long apply,
      long copySeconds,
      long kept,
      long catchUpSeconds,
      String refusal) {
    CopyEstimate estimate =
        CopyEstimate.of(
            new CopyFacts(
                bytes * MB,
                bytes * MB,
                known(free),
                copy * MB,
                wal * MB,
                known(limit),
                known(apply)));

    assertThat(estimate.copyTime()).isEqualTo(Duration.ofSeconds(copySeconds));
    assertThat(estimate.walKeptBytes()).isEqualTo(kept * MB);
    assertThat(estimate.catchUpTime().map(Duration::toSeconds).orElse(-1L))
        .isEqualTo(catchUpSeconds);
    assertThat(estimate.converges()).isEqualTo(refusal.isEmpty());
    assertThat(String.join(" ", estimate.refusals())).contains(refusal);
  }

  private static OptionalLong known(long megabytes) {
    return megabytes < 0 ? OptionalLong.empty() : OptionalLong.of(megabytes * MB);
  }

  @Test
  void saysWhatIsNotKnownAndWhatIsClose() {
    CopyFacts unknown =
        new CopyFacts(0, 0, OptionalLong.empty(), 1, 0, OptionalLong.empty(), OptionalLong.empty());
    assertThat(CopyEstimate.of(unknown).warnings())
        .anyMatch(warning -> warning.contains("nothing limits"))
        .anyMatch(warning -> warning.contains("can be applied is not known"))
        .anyMatch(warning -> warning.contains("free disk is not known"));

    CopyFacts close =
        new CopyFacts(100, 1, OptionalLong.of(2), 1, 6, OptionalLong.of(1000), OptionalLong.of(7));
    assertThat(CopyEstimate.of(close).warnings())
        .singleElement()
        .asString()
        .contains("600", "1000");
    assertThat(CopyEstimate.of(close).converges()).isTrue();
  }
}
