package io.tidemark.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class ProbeTest {
  @Test
  void takesTheAgeThatSoManyAreNotAbove() {
    List<Double> ages = IntStream.rangeClosed(1, 200).mapToObj(age -> (double) age).toList();

    assertThat(Probe.quantile(ages, 0.5)).isEqualTo(100);
    assertThat(Probe.quantile(ages, 0.99)).isEqualTo(198);
    assertThat(Probe.quantile(ages, 1)).isEqualTo(200);
    assertThat(Probe.quantile(List.of(7.0), 0.99)).isEqualTo(7);
  }
}
