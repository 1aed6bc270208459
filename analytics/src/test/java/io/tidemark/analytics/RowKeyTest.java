package io.tidemark.analytics;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.Set;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** What keys are equal by, and where they go in a map. */
final class RowKeyTest {
  private static final int COUNT = 100_000;

  private static RowKey key(byte[] @Nullable ... values) {
    return RowKey.of(values);
  }

  @Test
  void keysAreEqualByTheirValues() {
    assertThat(key(bytes("a"), null))
        .isEqualTo(key(bytes("a"), null))
        .hasSameHashCodeAs(key(bytes("a"), null));
    assertThat(key(bytes("a"), null)).isNotEqualTo(key(bytes("a"), bytes("")));
    assertThat(key(bytes("ab"), bytes("c"))).isNotEqualTo(key(bytes("a"), bytes("bc")));
    byte[] @Nullable [] row = {bytes("x"), bytes("12345678"), null};
    assertThat(RowKey.of(row, new int[] {1})).isEqualTo(key(bytes("12345678")));
  }

  @Test
  void numbersThatFollowEachOtherDoNotMeet() {
    assertThat(hashes(i -> ByteBuffer.allocate(Long.BYTES).putLong(i).array()))
        .isGreaterThan(COUNT * 99 / 100);
    assertThat(hashes(i -> ByteBuffer.allocate(Integer.BYTES).putInt(i).array()))
        .isGreaterThan(COUNT * 99 / 100);
    assertThat(hashes(i -> bytes(String.valueOf(i)))).isGreaterThan(COUNT * 99 / 100);
  }

  private static int hashes(IntFunction<byte[]> value) {
    Set<Integer> hashes = new HashSet<>();
    for (int i = 0; i < COUNT; i++) {
      hashes.add(key(bytes("site"), value.apply(i)).hashCode());
    }
    return hashes.size();
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
