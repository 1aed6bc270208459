package io.tidemark.bench;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class GcLogTest {
  @Test
  void takesTheMostThatAnyCollectionBeganWith() {
    String log =
        """
        [0.012s][info][gc] Using Serial
        [1.093s][info][gc] GC(0) Pause Young (Allocation Failure) 16M->4M(62M) 3.1ms
        [2.093s][info][gc] GC(1) Pause Full (Allocation Failure) 61M->9M(128M) 13.1ms
        """;

    assertThat(GcLog.highestMib(log)).isEqualTo(61);
    assertThat(GcLog.highestMib("[0.012s][info][gc] Using Serial")).isZero();
  }
}
