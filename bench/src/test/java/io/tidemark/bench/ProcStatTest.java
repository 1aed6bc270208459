package io.tidemark.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class ProcStatTest {
  @Test
  void readsALineWhoseProcessNameHasSpacesAndParentheses() {
    String line =
        "4711 (a) (b c) S 17 4711 4711 0 -1 4194560 1 2 3 4 150 50 30 20 20 0 1 0 100 200 300";

    assertThat(ProcStat.parse(line)).isEqualTo(new ProcStat(4711, 17, 200, 50));
  }

  @Test
  void findsAChildOfThisProcessInItsTree() throws Exception {
    long self = ProcessHandle.current().pid();
    Process child = new ProcessBuilder("sleep", "60").start();
    try {
      assertThat(ProcFs.tree(List.of(self))).extracting(ProcStat::pid).contains(self, child.pid());
      assertThat(ProcFs.tree(List.of(child.pid()))).hasSize(1);
      assertThat(ProcFs.peakBytes(self)).isGreaterThan(10L << 20);
    } finally {
      child.destroyForcibly().waitFor();
    }
    assertThat(ProcFs.peakBytes(child.pid())).isZero();
    assertThat(ProcFs.tree(List.of(child.pid()))).isEmpty();
  }

  @Test
  void countsTheTimeOfChildrenThatHaveEnded() throws Exception {
    double before = ProcFs.endedChildrenSeconds();

    new ProcessBuilder("sh", "-c", "i=0; while [ $i -lt 200000 ]; do i=$((i + 1)); done")
        .start()
        .waitFor();

    assertThat(ProcFs.endedChildrenSeconds()).isGreaterThan(before);
  }
}
