package io.tidemark.repository;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;

class SealedMemoryTest {
  private static final int SEGMENT_BYTES = 16 << 20;
  private final SealedMemory memory = new SealedMemory();

  @Test
  void holdsTwoSegmentsThatDoNotCompressAndLetsAThirdWait() throws InterruptedException {
    SealedMemory.Share first = memory.reserve(SEGMENT_BYTES);
    SealedMemory.Share second = memory.reserve(SEGMENT_BYTES);
    CountDownLatch third = new CountDownLatch(1);
    Thread waiting =
        Thread.ofVirtual()
            .start(
                () -> {
                  memory.reserve(SEGMENT_BYTES).close();
                  third.countDown();
                });
    assertThat(waiting.join(Duration.ofMillis(100))).isFalse();
    first.close();
    assertThat(waiting.join(Duration.ofSeconds(10))).isTrue();
    assertThat(third.getCount()).isZero();
    second.close();
    assertThat(memory.usedBytes()).isZero();
  }

  @Test
  void countsWhatIsSealedOnceThatIsKnown() {
    try (SealedMemory.Share share = memory.reserve(SEGMENT_BYTES)) {
      share.shrinkTo(1000);
      assertThat(memory.usedBytes()).isEqualTo(1024);
    }
    assertThat(memory.usedBytes()).isZero();
  }

  @Test
  void whatIsLargerThanAllOfItGoesAlone() {
    try (SealedMemory.Share share = memory.reserve(1L << 40)) {
      assertThat(memory.usedBytes()).isEqualTo(SealedMemory.LIMIT_BYTES);
      share.shrinkTo(1L << 40);
      assertThat(memory.usedBytes()).isEqualTo(SealedMemory.LIMIT_BYTES);
    }
    assertThat(memory.usedBytes()).isZero();
  }
}
