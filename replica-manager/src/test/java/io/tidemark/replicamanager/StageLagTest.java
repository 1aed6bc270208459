package io.tidemark.replicamanager;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.postgres.Lsn;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

class StageLagTest {
  private static final Optional<Lsn> END = Optional.of(new Lsn(10_000));

  @Test
  void tellsWhatWaitsBeforeEachStage() {
    StageLag lag = StageLag.of(END, Optional.of(sender(100, 300, 700, 1500)), lsn(8500));

    assertThat(lag).isEqualTo(new StageLag(of(100), of(200), of(400), of(800), of(1500)));
  }

  @Test
  void knowsOnlyTheWholeOfOneThatDoesNotStreamFromThePrimary() {
    assertThat(StageLag.of(END, Optional.empty(), lsn(4000)).whole()).hasValue(6000);
    assertThat(StageLag.of(END, Optional.empty(), lsn(4000)).send()).isEmpty();
  }

  @Test
  void leavesUnknownWhatIsUnknown() {
    StandbyLag silent =
        new StandbyLag(
            "s",
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            of(5),
            OptionalLong.empty(),
            OptionalLong.empty(),
            of(9));

    assertThat(StageLag.of(Optional.empty(), Optional.of(silent), Optional.empty()))
        .isEqualTo(
            new StageLag(
                of(5), OptionalLong.empty(), OptionalLong.empty(), OptionalLong.empty(), of(9)));
    assertThat(StageLag.of(Optional.empty(), Optional.empty(), Optional.empty()))
        .isEqualTo(StageLag.UNKNOWN);
  }

  @Test
  void isNeverNegativeThoughStagesAreAskedForAtDifferentTimes() {
    assertThat(StageLag.of(END, Optional.of(sender(100, 90, 80, 70)), lsn(12_000)))
        .isEqualTo(new StageLag(of(100), of(0), of(0), of(0), of(0)));
  }

  private static StandbyLag sender(long sent, long write, long flush, long replay) {
    return new StandbyLag(
        "s",
        Optional.empty(),
        Optional.of("streaming"),
        Optional.of("async"),
        of(sent),
        of(write),
        of(flush),
        of(replay));
  }

  private static OptionalLong of(long bytes) {
    return OptionalLong.of(bytes);
  }

  private static Optional<Lsn> lsn(long value) {
    return Optional.of(new Lsn(value));
  }
}
