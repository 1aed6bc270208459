package io.tidemark.replicamanager;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.postgres.Lsn;
import java.time.Duration;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class CatchUpTest {
  private static final long SECOND = Duration.ofSeconds(1).toNanos();
  private static final double UNKNOWN = -1;

  static Stream<Arguments> estimates() {
    return Stream.of(
        Arguments.of("nothing to do", 0, UNKNOWN, UNKNOWN, new CatchUp.Done()),
        Arguments.of("what is always on its way", 1 << 20, 5e6, 1e6, new CatchUp.Done()),
        Arguments.of("a busy second's worth", 9_000_000, 5e6, 8e6, new CatchUp.Done()),
        Arguments.of("twice as fast", 100_000_000, 20e6, 10e6, in(10)),
        Arguments.of("a quiet primary", 100_000_000, 20e6, 0, in(5)),
        Arguments.of("as fast", 100_000_000, 10e6, 10e6, new CatchUp.Never()),
        Arguments.of("slower", 100_000_000, 9e6, 10e6, new CatchUp.Never()),
        Arguments.of("stands still", 100_000_000, 0, 10e6, new CatchUp.Never()),
        Arguments.of("takes years", 1L << 50, 10_000_001, 10e6, new CatchUp.Never()),
        Arguments.of("never measured", 100_000_000, UNKNOWN, 10e6, new CatchUp.Unknown()),
        Arguments.of("primary away", 100_000_000, 20e6, UNKNOWN, new CatchUp.Unknown()),
        Arguments.of("standby away", UNKNOWN, 20e6, 10e6, new CatchUp.Unknown()));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("estimates")
  void estimates(String name, double backlog, double replay, double wal, CatchUp expected) {
    OptionalLong bytes =
        backlog == UNKNOWN ? OptionalLong.empty() : OptionalLong.of((long) backlog);

    assertThat(CatchUp.estimate(bytes, rate(replay), rate(wal))).as(name).isEqualTo(expected);
  }

  @Test
  void saysNoTimeWhereItIsNeverAndNothingWhereItIsUnknown() {
    assertThat(new CatchUp.Done().time()).hasValue(Duration.ZERO);
    assertThat(new CatchUp.Never().time()).isEmpty();
    assertThat(new CatchUp.Never().willBe()).hasValue(false);
    assertThat(new CatchUp.Unknown().willBe()).isEmpty();
  }

  @Test
  void measuresReplayOnlyWhileThereWasABacklog() {
    ReplayRate idle =
        ReplayRate.unknown()
            .next(new Lsn(0x1000000), false, 0)
            .next(new Lsn(0x1000100), false, 10 * SECOND);
    assertThat(idle.bytesPerSecond()).as("the primary's pace").isEmpty();

    ReplayRate busy =
        idle.next(new Lsn(0x1000100), true, 20 * SECOND)
            .next(new Lsn(0x1000100 + 50_000_000), true, 30 * SECOND)
            .next(new Lsn(0x1000100 + 60_000_000), true, 40 * SECOND);
    assertThat(busy.bytesPerSecond()).hasValue(3e6);
    assertThat(busy.capacity()).as("the fastest stretch").hasValue(5e6);

    ReplayRate later = busy.next(new Lsn(0x7000000), false, 3600 * SECOND);
    assertThat(later.bytesPerSecond()).as("too long ago").isEmpty();
    assertThat(later.capacity()).hasValue(5e6);
  }

  @Test
  void measuresNothingOverATimeInWhichReplayWasHeldOrTheStandbyMadeAnew() {
    ReplayRate before = ReplayRate.unknown().next(new Lsn(0x9000000), true, 0);

    ReplayRate held = before.interrupted().next(new Lsn(0x9000001), true, 100 * SECOND);
    assertThat(held.bytesPerSecond()).isEmpty();
    ReplayRate anew = before.next(new Lsn(0x1000000), true, 10 * SECOND);
    assertThat(anew.bytesPerSecond()).isEmpty();
  }

  private static CatchUp in(long seconds) {
    return new CatchUp.In(Duration.ofSeconds(seconds));
  }

  private static OptionalDouble rate(double rate) {
    return rate == UNKNOWN ? OptionalDouble.empty() : OptionalDouble.of(rate);
  }
}
