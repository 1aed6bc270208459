package io.tidemark.replicamanager;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class DelayWatchTest {
  private static final Duration DELAY = Duration.ofHours(4);
  private static final Instant T = Instant.parse("2026-11-20T12:00:00Z");

  @Test
  void isContentWithAStandbyThatHoldsBack() {
    DelayWatch watch = DelayWatch.begin();
    for (int second = 0; second < 100; second += 10) {
      watch = after(watch, second, DELAY.plusSeconds(5));
    }
    assertThat(watch.isShort()).isFalse();
  }

  @Test
  void leavesOneInPeaceThatWasJustBuiltAndFillsItsWindow() {
    DelayWatch watch = DelayWatch.begin();
    for (int minutes = 1; minutes < 300; minutes++) {
      watch = after(watch, 0, Duration.ofMinutes(minutes));
      assertThat(watch.isShort()).as("after %d minutes", minutes).isFalse();
    }
  }

  @Test
  void seesThatWhatIsYoungerIsReplayedUntilTheWindowIsFullAgain() {
    DelayWatch full = after(DelayWatch.begin(), 0, DELAY);

    DelayWatch gone = after(full, 9000, Duration.ofHours(1));
    assertThat(gone.isShort()).isTrue();
    assertThat(after(gone, 9000, Duration.ofHours(2)).isShort()).as("not full yet").isTrue();
    assertThat(after(gone, 9000, DELAY).isShort()).isFalse();
  }

  @Test
  void allowsForATenthOfTheDelay() {
    DelayWatch full = after(DelayWatch.begin(), 0, DELAY);

    assertThat(after(full, 10, DELAY.minusMinutes(23)).isShort()).isFalse();
    assertThat(after(full, 10, DELAY.minusMinutes(25)).isShort()).isTrue();
  }

  @Test
  void concludesNothingFromWhatIsNotKnown() {
    DelayWatch gone = after(after(DelayWatch.begin(), 0, DELAY), 5, Duration.ofHours(1));

    assertThat(gone.next(new DataAge.Unknown("silent"), Optional.of(T), DELAY)).isEqualTo(gone);
    assertThat(gone.next(new DataAge.AtLeast(DELAY), Optional.of(T), DELAY)).isEqualTo(gone);
    assertThat(gone.next(new DataAge.Known(DELAY), Optional.empty(), DELAY)).isEqualTo(gone);
  }

  private static DelayWatch after(DelayWatch watch, long commit, Duration age) {
    return watch.next(new DataAge.Known(age), Optional.of(T.plusSeconds(commit)), DELAY);
  }
}
