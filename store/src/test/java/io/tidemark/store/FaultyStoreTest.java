package io.tidemark.store;

import static io.tidemark.store.FaultyStore.any;
import static io.tidemark.store.FaultyStore.keyContains;
import static io.tidemark.store.FaultyStore.operation;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidemark.store.StoreException.Kind;
import io.tidemark.store.StoreObserver.Operation;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** With no rules it is a store like any other. */
final class FaultyStoreTest extends ObjectStoreConformance {
  private final FaultyStore faulty = new FaultyStore(new MemoryStore());

  @Override
  protected ObjectStore openEmpty() {
    return faulty;
  }

  @Test
  void failsBeforeAnythingIsDone() {
    faulty.next(1, operation(Operation.PUT), new StoreFault.Fail(Kind.NO_SPACE));

    assertKind(Kind.NO_SPACE, () -> put("a", "x"));
    assertThat(keys("")).isEmpty();
    assertThat(put("a", "x")).isTrue();
    assertThat(faulty.spoiled()).isEqualTo(1);
  }

  @Test
  void losesTheAnswerAfterAllIsDone() {
    faulty.nth(2, keyContains("a"), new StoreFault.LoseAnswer(Kind.UNAVAILABLE));

    assertThat(put("a1", "x")).isTrue();
    assertKind(Kind.UNAVAILABLE, () -> put("a2", "x"));
    assertThat(keys("")).containsExactly("a1", "a2");
  }

  @Test
  void hangsUntilItIsLetGo() throws Exception {
    faulty.always(any(), new StoreFault.Hang(Duration.ofMinutes(5)));
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      Future<Boolean> hanging = threads.submit(() -> put("a", "x"));
      while (faulty.calls().isEmpty()) {
        Thread.onSpinWait();
      }
      faulty.clear();
      assertThatThrownBy(hanging::get).hasCauseInstanceOf(StoreException.class);
    }
    assertThat(keys("")).isEmpty();
  }

  @Test
  void tearsAPut() {
    faulty.next(1, any(), new StoreFault.Tear(3));

    assertKind(Kind.UNAVAILABLE, () -> put("a", "12345"));
    assertThat(read("a")).isEqualTo("123");
  }

  @Test
  void spoilsWhatIsRead() throws IOException {
    put("a", "12345");
    faulty.nth(1, operation(Operation.GET), new StoreFault.BreakOff(2));
    faulty.nth(2, operation(Operation.GET), new StoreFault.CutShort(2));
    faulty.nth(3, operation(Operation.GET), new StoreFault.Corrupt(2));

    try (InputStream in = faulty.get("a")) {
      assertThat(new String(in.readNBytes(2), UTF_8)).isEqualTo("12");
      assertThatThrownBy(in::read)
          .isInstanceOf(IOException.class)
          .cause()
          .hasMessageContaining("broke off");
    }
    assertThat(read("a")).isEqualTo("12");
    assertThat(read("a")).isEqualTo("12245");
    assertThat(read("a")).isEqualTo("12345");
  }

  @Test
  void spoilsTheSameCallsForTheSameSeed() {
    assertThat(failures(42)).isEqualTo(failures(42)).contains(true).contains(false);
  }

  private List<Boolean> failures(long seed) {
    faulty.randomly(seed, 0.4, any(), new StoreFault.Fail(Kind.UNAVAILABLE));
    List<Boolean> failed = IntStream.range(0, 30).mapToObj(i -> fails()).toList();
    faulty.clear();
    return failed;
  }

  private boolean fails() {
    try {
      return faulty.head("a").isPresent();
    } catch (StoreException e) {
      return true;
    }
  }
}
