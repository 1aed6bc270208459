package io.tidemark.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidemark.store.StoreException.Kind;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

final class LimitedStoreTest {
  private static final long SECOND = TimeUnit.SECONDS.toNanos(1);

  @Test
  void letsPassWhatWasSavedUpAndThenTheRate() {
    Bandwidth bandwidth = Bandwidth.bytesPerSecond(1000);
    long now = System.nanoTime() + 100 * SECOND;

    assertThat(bandwidth.reserve(1000, now)).isZero();
    assertThat(bandwidth.reserve(500, now)).isEqualTo(SECOND / 2);
    assertThat(bandwidth.reserve(2000, now)).isEqualTo(5 * SECOND / 2);
    assertThat(bandwidth.reserve(0, now + 3 * SECOND)).isZero();
  }

  @Test
  void doesNotSaveUpMoreThanASecond() {
    Bandwidth bandwidth = Bandwidth.bytesPerSecond(1000);
    long later = System.nanoTime() + 3600 * SECOND;

    assertThat(bandwidth.reserve(1000, later)).isZero();
    assertThat(bandwidth.reserve(1000, later)).isEqualTo(SECOND);
  }

  @Test
  void keepsReadsAndWritesBelowTheirRates() throws IOException {
    Bandwidth rate = Bandwidth.bytesPerSecond(1_000_000);
    byte[] bytes = new byte[700_000];
    try (ObjectStore store = new LimitedStore(new MemoryStore(), rate, rate)) {
      long begun = System.nanoTime();
      store.putIfAbsent("a", Content.of(bytes));
      store.putIfAbsent("b", Content.of(bytes));
      try (InputStream in = store.get("a")) {
        assertThat(in.readAllBytes()).hasSize(bytes.length);
      }
      // 2.1 s worth, of which one second may have been saved up.
      assertThat(System.nanoTime() - begun).isGreaterThan(SECOND);
    }
  }

  @Test
  void tellsItsObserverWhatWasDone() throws IOException {
    List<String> seen = new ArrayList<>();
    StoreObserver observer =
        (operation, bytes, took, failure) -> {
          assertThat(took).isBetween(Duration.ZERO, Duration.ofMinutes(1));
          seen.add(operation + " " + bytes + failure.map(Kind::name).map(" "::concat).orElse(""));
        };
    try (ObjectStore store = new ObservedStore(new MemoryStore(), observer)) {
      store.putIfAbsent("a", Content.of(new byte[7]));
      try (InputStream in = store.get("a")) {
        assertThat(in.readNBytes(3)).hasSize(3);
      }
      assertThatThrownBy(() -> store.get("absent")).isInstanceOf(StoreException.class);
      store.head("a");
      store.delete("a");
    }
    assertThat(seen).containsExactly("PUT 7", "GET 3", "GET 0 NOT_FOUND", "HEAD 0", "DELETE 0");
  }
}
