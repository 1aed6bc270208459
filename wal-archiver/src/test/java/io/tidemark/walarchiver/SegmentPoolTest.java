package io.tidemark.walarchiver;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import org.junit.jupiter.api.Test;

class SegmentPoolTest {
  @Test
  void givesNoMoreThanItsLimitAndTheSameBuffersAgain() {
    SegmentPool pool = new SegmentPool(3 << 20, 1 << 20, 2);
    ByteBuffer first = pool.take().orElseThrow();
    assertThat(pool.take()).isPresent();
    assertThat(pool.take()).isPresent();
    assertThat(pool.take()).isEmpty();
    assertThat(pool.usedBytes()).isEqualTo(3 << 20).isEqualTo(pool.limitBytes());
    first.position(77);
    pool.give(first);
    assertThat(pool.usedBytes()).isEqualTo(2 << 20);
    ByteBuffer again = pool.take().orElseThrow();
    assertThat(again).isSameAs(first);
    assertThat(again.remaining()).isEqualTo(1 << 20);
  }

  @Test
  void hasRoomForTwoSegmentsHoweverBigTheyAre() {
    assertThat(new SegmentPool(1 << 20, 64 << 20, 2).limitBytes()).isEqualTo(128L << 20);
  }
}
