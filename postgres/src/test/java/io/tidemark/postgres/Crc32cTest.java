package io.tidemark.postgres;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

class Crc32cTest {
  @Test
  void knowsTheCheckValueOfTheStandard() {
    assertThat(Crc32c.of("123456789".getBytes(US_ASCII))).isEqualTo(0xE3069283);
  }

  @Test
  void combinesWhatWasComputedInPieces() {
    long seed = System.nanoTime();
    System.out.println("seed " + seed);
    Random random = new Random(seed);
    for (int round = 0; round < 500; round++) {
      byte[] whole = new byte[random.nextInt(5000)];
      random.nextBytes(whole);
      int cut = random.nextInt(whole.length + 1);
      byte[] second = Arrays.copyOfRange(whole, cut, whole.length);
      int first = Crc32c.of(Arrays.copyOf(whole, cut));
      assertThat(Crc32c.combine(first, Crc32c.of(second), second.length))
          .as("seed %d, cut %d of %d", seed, cut, whole.length)
          .isEqualTo(Crc32c.of(whole));
    }
  }

  @Test
  void combinesPiecesLongerThanAnInt() {
    // 5 GiB of zeros after one byte, by doubling.
    int zeros = Crc32c.of(new byte[1 << 20]);
    long length = 1 << 20;
    while (length < 5L << 30) {
      zeros = Crc32c.combine(zeros, zeros, length);
      length *= 2;
    }
    int first = Crc32c.of(new byte[] {1});
    int halves = Crc32c.combine(first, halfOfZeros(length), length / 2);
    assertThat(Crc32c.combine(first, zeros, length))
        .isEqualTo(Crc32c.combine(halves, halfOfZeros(length), length / 2));
  }

  private static int halfOfZeros(long length) {
    int zeros = Crc32c.of(new byte[1 << 20]);
    for (long done = 1 << 20; done < length / 2; done *= 2) {
      zeros = Crc32c.combine(zeros, zeros, done);
    }
    return zeros;
  }

  @Test
  void refusesANegativeLength() {
    assertThatThrownBy(() -> Crc32c.combine(1, 2, -1)).isInstanceOf(IllegalArgumentException.class);
  }
}
