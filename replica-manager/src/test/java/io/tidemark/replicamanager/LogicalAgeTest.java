package io.tidemark.replicamanager;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.postgres.Lsn;
import io.tidemark.replicamanager.LogicalReport.Position;
import java.time.Instant;
import java.util.Optional;
import org.junit.jupiter.api.Test;

final class LogicalAgeTest {
  private static final Instant BEGIN = Instant.parse("2026-11-20T12:00:00Z");

  private final LogicalAge age = new LogicalAge();

  /** At a second, by both clocks, the source is here and the slot there. */
  private Optional<Position> at(int second, long current, long confirmed) {
    Instant clock = BEGIN.plusSeconds(second);
    return age.seen(
        new LogicalProgress(clock, new Lsn(current), Optional.of(new Lsn(confirmed))), clock);
  }

  private static Optional<Instant> second(int second) {
    return Optional.of(BEGIN.plusSeconds(second));
  }

  @Test
  void isOfTheNewestMomentWhoseWalIsConfirmed() {
    assertThat(at(1, 100, 50).orElseThrow().dataAsOf()).isEmpty();
    at(2, 200, 50);
    at(3, 300, 50);

    assertThat(at(4, 400, 199).orElseThrow().dataAsOf()).isEqualTo(second(1));
    assertThat(at(5, 500, 300).orElseThrow().dataAsOf()).isEqualTo(second(3));
    assertThat(at(6, 600, 399).orElseThrow().dataAsOf()).isEqualTo(second(3));
  }

  @Test
  void isOfNowWhereNothingIsWritten() {
    at(1, 100, 100);

    assertThat(at(60, 100, 100).orElseThrow().dataAsOf()).isEqualTo(second(60));
  }

  @Test
  void agesWhileNothingIsConfirmed() {
    at(1, 100, 100);

    Position position = at(90, 101, 100).orElseThrow();
    assertThat(position.dataAsOf()).isEqualTo(second(1));
    assertThat(position.movedAt()).isEqualTo(BEGIN.plusSeconds(1));
    assertThat(at(91, 102, 101).orElseThrow().movedAt()).isEqualTo(BEGIN.plusSeconds(91));
  }

  @Test
  void remembersABoundedNumberOfMomentsAndErrsToTheOlderSide() {
    int many = 5 * LogicalAge.MOST;
    for (int second = 1; second <= many; second++) {
      at(second, 100L * second, 0);
    }

    Instant found = at(many + 1, 100L * many + 100, 50L * many).orElseThrow().dataAsOf().get();
    assertThat(found).isBetween(BEGIN.plusSeconds(many / 2 - 64), BEGIN.plusSeconds(many / 2));
  }

  @Test
  void doesNotBelieveWhatASourceHadWrittenBeforeItWasPutBack() {
    at(1, 1000, 10);
    at(2, 500, 10);

    assertThat(at(3, 600, 500).orElseThrow().dataAsOf()).isEqualTo(second(2));
    assertThat(at(4, 1100, 1000).orElseThrow().dataAsOf()).isEqualTo(second(3));
  }

  @Test
  void saysNothingWithoutASlotAndAfterARebuild() {
    Instant clock = BEGIN.plusSeconds(1);
    assertThat(age.seen(new LogicalProgress(clock, new Lsn(1), Optional.empty()), clock)).isEmpty();
    at(2, 100, 100);
    age.forget();

    assertThat(at(3, 200, 100).orElseThrow().dataAsOf()).isEmpty();
  }
}
