package io.tidemark.replicamanager;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.postgres.Lsn;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

class TimeToLossTest {
  private static final OptionalLong NONE = OptionalLong.empty();
  private static final OptionalDouble UNKNOWN = OptionalDouble.empty();
  private static final OptionalDouble MEGABYTE = OptionalDouble.of(1e6);

  @Test
  void countsByBusyMinutesAndByNowWhicheverIsFaster() {
    OptionalLong safe = OptionalLong.of(3_600_000_000L);

    assertThat(TimeToLoss.estimate(safe, false, NONE, MEGABYTE, OptionalDouble.of(10)))
        .hasValue(Duration.ofHours(1));
    assertThat(TimeToLoss.estimate(safe, false, NONE, MEGABYTE, OptionalDouble.of(2e6)))
        .hasValue(Duration.ofMinutes(30));
    assertThat(TimeToLoss.estimate(safe, false, NONE, UNKNOWN, MEGABYTE))
        .hasValue(Duration.ofHours(1));
  }

  @Test
  void isBoundedByTheDiskAsWellAndByTheDiskAloneWithoutALimit() {
    OptionalLong disk = OptionalLong.of(TimeToLoss.DISK_RESERVE + 600_000_000L);

    assertThat(TimeToLoss.estimate(OptionalLong.of(3_600_000_000L), false, disk, MEGABYTE, UNKNOWN))
        .hasValue(Duration.ofMinutes(10));
    assertThat(TimeToLoss.estimate(NONE, false, disk, MEGABYTE, UNKNOWN))
        .hasValue(Duration.ofMinutes(10));
    assertThat(TimeToLoss.estimate(NONE, false, OptionalLong.of(5), UNKNOWN, UNKNOWN))
        .as("the disk is full")
        .hasValue(Duration.ZERO);
  }

  @Test
  void neverReadsAnUnknownFigureAsFineOrAsNothing() {
    assertThat(TimeToLoss.estimate(NONE, false, NONE, MEGABYTE, MEGABYTE)).isEmpty();
    assertThat(TimeToLoss.estimate(OptionalLong.of(9), false, NONE, UNKNOWN, UNKNOWN)).isEmpty();
    assertThat(TimeToLoss.estimate(NONE, true, OptionalLong.of(9), MEGABYTE, MEGABYTE))
        .as("lost already")
        .isEmpty();
    assertThat(TimeToLoss.estimate(OptionalLong.of(-5), false, NONE, UNKNOWN, UNKNOWN))
        .isEqualTo(Optional.of(Duration.ZERO));
  }

  @Test
  void knowsTheBusyMinutesOfTheDay() {
    WalRates rates = new WalRates();
    long end = 0x1000000;
    assertThat(rates.high()).isEmpty();
    for (int minute = 0; minute <= 3 * WalRates.MINUTES; minute++) {
      rates.sample(new Lsn(end), Duration.ofMinutes(minute).toNanos());
      end += minute % 10 == 0 ? 600_000_000L : 60_000L;
    }

    assertThat(rates.high()).hasValue(1e7);
  }

  @Test
  void beginsAMinuteAnewWhereTheServerWentBack() {
    WalRates rates = new WalRates();
    for (int minute = 0; minute <= 6; minute++) {
      rates.sample(new Lsn(0x9000000 + minute * 60L), Duration.ofMinutes(minute).toNanos());
    }
    rates.sample(new Lsn(0x1000000), Duration.ofMinutes(7).toNanos());
    rates.sample(new Lsn(0x1000000 + 60), Duration.ofMinutes(8).toNanos());

    assertThat(rates.high()).hasValue(1);
  }
}
