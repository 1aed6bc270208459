package io.tidemark.walarchiver;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.postgres.Lsn;
import java.time.Duration;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TailRuleTest {
  private final TailRule rule = new TailRule(Duration.ofSeconds(1));

  @ParameterizedTest(name = "{0}")
  @CsvSource({
    "new WAL and the time has come, 100, 200, 200, false, 0, 1000, true",
    "not yet, 100, 200, 200, false, 0, 999, false",
    "nothing new, 200, 200, 200, false, 0, 9999, false",
    "one is under way, 100, 200, 200, true, 0, 9999, false",
    "the segment will soon be whole, 100, 200, 1000, false, 0, 1000, false",
    "it should have been whole by now, 100, 200, 1000, false, 0, 3000, true",
    "earlier segments are still being put, 100, 200, 200, false, 2, 1000, false",
    "they take long, 100, 200, 200, false, 2, 3000, true",
  })
  void isDue(
      String why,
      long tailed,
      long verified,
      long serverEnd,
      boolean tailUnderWay,
      int segmentsUnderWay,
      long millisSinceLast,
      boolean due) {
    TailRule.Snapshot now =
        new TailRule.Snapshot(
            new Lsn(tailed),
            new Lsn(verified),
            new Lsn(1000),
            new Lsn(serverEnd),
            tailUnderWay,
            segmentsUnderWay,
            Duration.ofMillis(millisSinceLast));
    assertThat(rule.isDue(now)).as(why).isEqualTo(due);
  }
}
