package io.tidemark.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ByteSizeTest {
  @Test
  void readsSizesAsTheyAreWritten() {
    assertThat(ByteSize.parse("512KiB")).isEqualTo(512L << 10);
    assertThat(ByteSize.parse("256MiB")).isEqualTo(256L << 20);
    assertThat(ByteSize.parse("4GiB")).isEqualTo(4L << 30);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "4", "4GB", "4 GiB", "-1MiB", "9999999GiB"})
  void refusesAnythingElse(String text) {
    assertThatThrownBy(() -> ByteSize.parse(text))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("expected a size such as 256MiB or 4GiB");
  }

  @Test
  void spellsSizesForPeople() {
    assertThat(ByteSize.spell(256L << 20)).isEqualTo("256 MiB");
    assertThat(ByteSize.spell((4L << 30) + (100L << 20))).isEqualTo("4.1 GiB");
  }
}
