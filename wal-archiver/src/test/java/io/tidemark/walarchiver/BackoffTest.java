package io.tidemark.walarchiver;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Random;
import org.junit.jupiter.api.Test;

class BackoffTest {
  @Test
  void growsToItsLimitAndBeginsAgainAfterASuccess() {
    long seed = System.nanoTime();
    System.out.println("seed " + seed);
    Backoff backoff = new Backoff(Duration.ofMillis(100), Duration.ofSeconds(5), new Random(seed));
    for (int i = 0; i < 70; i++) {
      long step = Math.min(5_000, 100L << Math.min(i, 20));
      assertThat(backoff.next().toMillis()).isBetween(step / 2, step);
      assertThat(backoff.failures()).isEqualTo(i + 1);
    }
    backoff.reset();
    assertThat(backoff.next().toMillis()).isBetween(50L, 100L);
  }
}
