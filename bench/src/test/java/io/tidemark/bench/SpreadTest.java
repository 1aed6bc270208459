package io.tidemark.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;

class SpreadTest {
  @Test
  void takesTheMiddleOfAnOddNumberOfValues() {
    assertThat(Spread.of(List.of(9.0, 1.0, 4.0))).isEqualTo(new Spread(4, 1, 9));
  }

  @Test
  void takesTheMeanOfTheMiddleTwoOfAnEvenNumber() {
    assertThat(Spread.of(List.of(8.0, 1.0, 2.0, 4.0)).median()).isEqualTo(3);
  }

  @Test
  void hasNothingToSayOfNoValues() {
    assertThatThrownBy(() -> Spread.of(List.of())).isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void showsTheRangeWhereThereIsOne() {
    assertThat(Spread.of(List.of(7.2, 6.8, 12.31)).text()).isEqualTo("7.20 (6.80–12.3)");
    assertThat(Spread.of(List.of(7.2)).text()).isEqualTo("7.20");
  }
}
