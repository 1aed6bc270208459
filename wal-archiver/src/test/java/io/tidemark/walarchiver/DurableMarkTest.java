package io.tidemark.walarchiver;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.postgres.Lsn;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class DurableMarkTest {
  private record Put(int from, int to) {}

  @Test
  void staysBeforeAHoleHoweverMuchBehindItReturned() {
    DurableMark mark = new DurableMark(new Lsn(100));
    assertThat(mark.returned(new Lsn(200), new Lsn(300))).isFalse();
    assertThat(mark.returned(new Lsn(300), new Lsn(400))).isFalse();
    assertThat(mark.mark()).isEqualTo(new Lsn(100));
    assertThat(mark.waiting()).isEqualTo(2);
    assertThat(mark.returned(new Lsn(100), new Lsn(200))).isTrue();
    assertThat(mark.mark()).isEqualTo(new Lsn(400));
    assertThat(mark.waiting()).isZero();
  }

  @Test
  void aWholeSegmentStandsInForATailOfItThatNeverReturned() {
    DurableMark mark = new DurableMark(new Lsn(50));
    assertThat(mark.returned(new Lsn(0), new Lsn(100))).isTrue();
    assertThat(mark.mark()).isEqualTo(new Lsn(100));
  }

  @Test
  void neverMovesBack() {
    DurableMark mark = new DurableMark(new Lsn(500));
    assertThat(mark.returned(new Lsn(0), new Lsn(100))).isFalse();
    assertThat(mark.mark()).isEqualTo(new Lsn(500));
    assertThat(mark.waiting()).isZero();
  }

  @Test
  void equalsTheGaplessPrefixForAnyOrderOfOverlappingPuts() {
    long seed = System.nanoTime();
    System.out.println("seed " + seed);
    Random random = new Random(seed);
    for (int round = 0; round < 2_000; round++) {
      shuffledRound(random);
    }
  }

  private static void shuffledRound(Random random) {
    int start = random.nextInt(20);
    List<Put> puts = new ArrayList<>();
    for (int at = start; at < 200; ) {
      int to = at + 1 + random.nextInt(20);
      puts.add(new Put(Math.max(0, at - random.nextInt(15)), to));
      at = to;
    }
    Collections.shuffle(puts, random);
    DurableMark mark = new DurableMark(new Lsn(start));
    BitSet durable = new BitSet();
    durable.set(0, start);
    for (Put put : puts) {
      mark.returned(new Lsn(put.from()), new Lsn(put.to()));
      durable.set(put.from(), put.to());
      assertThat(mark.mark()).isEqualTo(new Lsn(durable.nextClearBit(0)));
    }
    assertThat(mark.waiting()).isZero();
  }
}
