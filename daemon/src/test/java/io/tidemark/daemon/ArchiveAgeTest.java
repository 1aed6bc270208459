package io.tidemark.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.postgres.Lsn;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class ArchiveAgeTest {
  private final ArchiveAge age = new ArchiveAge();

  @Test
  void isUnknownBeforeTheFirstSample() {
    assertThat(age.at(seconds(5))).isEmpty();
  }

  @Test
  void isZeroWhenEverythingIsDurable() {
    age.sample(seconds(1), new Lsn(100), new Lsn(100));

    assertThat(age.at(seconds(60))).contains(Duration.ZERO);
  }

  @Test
  void countsFromWhenTheOldestWalThatIsNotDurableAppeared() {
    age.sample(seconds(0), new Lsn(100), new Lsn(100));
    age.sample(seconds(10), new Lsn(200), new Lsn(100));
    age.sample(seconds(20), new Lsn(300), new Lsn(100));
    assertThat(age.at(seconds(30))).contains(Duration.ofSeconds(20));

    age.sample(seconds(31), new Lsn(300), new Lsn(250));
    assertThat(age.at(seconds(32))).contains(Duration.ofSeconds(12));

    age.sample(seconds(33), new Lsn(300), new Lsn(300));
    assertThat(age.at(seconds(40))).contains(Duration.ZERO);
  }

  @Test
  void beginsAnewWithAServerThatIsBehindTheOneBefore() {
    age.sample(seconds(0), new Lsn(900), new Lsn(100));
    age.sample(seconds(10), new Lsn(200), new Lsn(200));

    assertThat(age.at(seconds(20))).contains(Duration.ZERO);
  }

  @Test
  void neverForgetsTheBeginOfALongOutage() {
    for (int i = 0; i < 100_000; i++) {
      age.sample(seconds(i), new Lsn(1000 + i), new Lsn(10));
    }

    assertThat(age.at(seconds(100_000))).contains(Duration.ofSeconds(100_000));
    age.sample(seconds(100_000), new Lsn(100_999), new Lsn(51_000));
    assertThat(age.at(seconds(100_000)).orElseThrow())
        .as("coarser, and never too small")
        .isBetween(Duration.ofSeconds(49_999), Duration.ofSeconds(51_000));
  }

  private static long seconds(int seconds) {
    return Duration.ofSeconds(seconds).toNanos();
  }
}
