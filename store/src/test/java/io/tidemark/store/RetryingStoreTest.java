package io.tidemark.store;

import static io.tidemark.store.FaultyStore.any;
import static io.tidemark.store.FaultyStore.operation;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidemark.store.StoreException.Kind;
import io.tidemark.store.StoreObserver.Operation;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class RetryingStoreTest {
  private static final RetryPolicy QUICK =
      new RetryPolicy(4, Duration.ofMillis(1), Duration.ofMillis(4), Duration.ofSeconds(30));
  private static final StoreFault UNAVAILABLE = new StoreFault.Fail(Kind.UNAVAILABLE);

  private final MemoryStore memory = new MemoryStore();
  private final FaultyStore faulty = new FaultyStore(memory);
  private final Retries retries = new Retries();
  private final ObjectStore store = retrying(QUICK);

  private static final class Retries implements StoreObserver {
    private final List<String> seen = new ArrayList<>();

    @Override
    public void done(
        Operation operation, long bytes, Duration took, Optional<StoreException.Kind> failure) {}

    @Override
    public void retrying(Operation operation, int attempt, StoreException failure) {
      seen.add(operation + " " + attempt + " " + failure.kind());
    }
  }

  private ObjectStore retrying(RetryPolicy policy) {
    return new RetryingStore(faulty, policy, new Random(7), retries);
  }

  private static Content content(String text) {
    return Content.of(text.getBytes(UTF_8));
  }

  @Test
  void triesAgainUntilItWorks() {
    faulty.next(3, any(), UNAVAILABLE);

    assertThat(store.putIfAbsent("a", content("x"))).isTrue();
    assertThat(retries.seen)
        .containsExactly("PUT 1 UNAVAILABLE", "PUT 2 UNAVAILABLE", "PUT 3 UNAVAILABLE");
  }

  @Test
  void triesEveryVerbAgain() throws IOException {
    memory.putIfAbsent("g/a", content("x"));
    for (Operation each :
        List.of(Operation.GET, Operation.HEAD, Operation.LIST, Operation.CHILDREN)) {
      faulty.next(1, operation(each), UNAVAILABLE);
    }
    faulty.next(2, operation(Operation.DELETE), UNAVAILABLE);
    faulty.next(1, operation(Operation.PROBE), UNAVAILABLE);

    try (InputStream in = store.get("g/a")) {
      assertThat(in.readAllBytes()).hasSize(1);
    }
    assertThat(store.head("g/a")).isPresent();
    assertThat(store.list("g/")).hasSize(1);
    assertThat(store.children("")).containsExactly("g/");
    store.delete("g/a");
    store.deleteAll(List.of("g/a"));
    assertThat(store.probe().writable()).isTrue();
    assertThat(faulty.spoiled()).isEqualTo(7);
  }

  @Test
  void givesUpAfterItsAttempts() {
    faulty.always(any(), UNAVAILABLE);

    assertKind(Kind.UNAVAILABLE, () -> store.head("a"));
    assertThat(faulty.calls()).hasSize(4);
  }

  @Test
  void givesUpAtItsDeadline() {
    faulty.always(any(), UNAVAILABLE);
    ObjectStore hasty =
        retrying(
            new RetryPolicy(1000, Duration.ofHours(1), Duration.ofHours(1), Duration.ofMinutes(1)));

    assertKind(Kind.UNAVAILABLE, () -> hasty.head("a"));
    assertThat(faulty.calls()).hasSize(1);
  }

  @Test
  void doesNotTryAgainWhatCannotHelp() {
    for (Kind kind : List.of(Kind.DENIED, Kind.NO_SPACE, Kind.REFUSED, Kind.NOT_FOUND)) {
      faulty.next(1, any(), new StoreFault.Fail(kind));
      assertKind(kind, () -> store.head("a"));
      faulty.clear();
    }
    assertThat(faulty.calls()).hasSize(4);
    assertThat(retries.seen).isEmpty();
  }

  @Test
  void countsAPutWhoseAnswerWasLostAsItsOwn() {
    faulty.next(2, operation(Operation.PUT), new StoreFault.LoseAnswer(Kind.UNAVAILABLE));

    assertThat(store.putIfAbsent("a", content("mine"))).isTrue();
    assertThat(memory.list("")).hasSize(1);
  }

  @Test
  void doesNotTakeTheObjectOfAnotherForItsOwn() {
    memory.putIfAbsent("a", content("same length 1"));
    faulty.next(1, operation(Operation.PUT), UNAVAILABLE);

    assertThat(store.putIfAbsent("a", content("same length 2"))).isFalse();
  }

  @Test
  void doesNotClaimWithoutDoubtWhatHasTheSameBytes() {
    memory.putIfAbsent("a", content("same"));

    assertThat(store.putIfAbsent("a", content("same"))).isFalse();
  }

  @Test
  void doesNotTakeATornPutForItsOwn() {
    faulty.next(1, operation(Operation.PUT), new StoreFault.Tear(2));

    assertThat(store.putIfAbsent("a", content("whole"))).isFalse();
  }

  @Test
  void comparesThroughFailuresAsWell() {
    faulty.next(1, operation(Operation.PUT), new StoreFault.LoseAnswer(Kind.UNAVAILABLE));
    faulty.next(1, operation(Operation.HEAD), UNAVAILABLE);
    faulty.next(1, operation(Operation.GET), new StoreFault.BreakOff(1));

    assertThat(store.putIfAbsent("a", content("mine"))).isTrue();
  }

  @Test
  void goesOnReadingWhereAStreamBrokeOff() throws IOException {
    byte[] bytes = ObjectStoreConformance.random(100_000, 5);
    memory.putIfAbsent("a", Content.of(bytes));
    // More breaks than attempts: each that brings bytes counts anew.
    faulty.next(8, operation(Operation.GET), new StoreFault.BreakOff(10_000));

    try (InputStream in = store.get("a")) {
      assertThat(in.readAllBytes()).isEqualTo(bytes);
    }
    faulty.next(2, operation(Operation.GET), new StoreFault.BreakOff(10));
    try (InputStream in = store.get("a", 5, 100)) {
      assertThat(in.readAllBytes()).isEqualTo(Arrays.copyOfRange(bytes, 5, 105));
    }
  }

  @Test
  void goesOnListingWhereAListingBrokeOff() {
    List<String> keys = List.of("l/a", "l/b", "l/c", "l/d", "l/e", "l/f");
    keys.forEach(key -> memory.putIfAbsent(key, content(key)));
    faulty.nth(1, operation(Operation.LIST), new StoreFault.BreakOff(2));
    faulty.nth(2, operation(Operation.LIST), UNAVAILABLE);
    faulty.nth(3, operation(Operation.LIST), new StoreFault.BreakOff(5));

    try (Stream<ObjectInfo> listed = store.list("l/")) {
      assertThat(listed.map(ObjectInfo::key)).isEqualTo(keys);
    }
    assertThat(faulty.calls()).hasSize(4);
  }

  @Test
  void givesUpAListingThatBringsNothing() {
    memory.putIfAbsent("a", content("x"));
    faulty.always(operation(Operation.LIST), new StoreFault.BreakOff(0));

    try (Stream<ObjectInfo> listed = store.list("")) {
      assertKind(Kind.UNAVAILABLE, listed::count);
    }
    assertThat(faulty.calls()).hasSize(4);
  }

  @Test
  void givesUpAStreamThatBringsNothing() throws IOException {
    memory.putIfAbsent("a", content("12345"));
    faulty.always(operation(Operation.GET), new StoreFault.BreakOff(0));

    try (InputStream in = store.get("a")) {
      assertThatThrownBy(in::readAllBytes)
          .isInstanceOf(IOException.class)
          .hasCauseInstanceOf(StoreException.class);
    }
    assertThat(faulty.calls()).hasSize(4);
  }

  @Test
  void doesNotJoinTwoDifferentObjects(@TempDir Path directory) throws IOException {
    ObjectStore posix = PosixStore.create(PosixSettings.of(directory));
    FaultyStore breaking = new FaultyStore(posix);
    posix.putIfAbsent("a", content("12345"));
    breaking.next(1, operation(Operation.GET), new StoreFault.BreakOff(2));

    try (InputStream in = new RetryingStore(breaking, QUICK, new Random(1), retries).get("a")) {
      assertThat(in.readNBytes(2)).hasSize(2);
      posix.delete("a");
      posix.putIfAbsent("a", content("54321"));
      assertThatThrownBy(in::readAllBytes).cause().hasMessageContaining("replaced");
    }
  }

  @Test
  void stopsWaitingWhenInterrupted() throws Exception {
    faulty.always(any(), UNAVAILABLE);
    ObjectStore patient =
        retrying(new RetryPolicy(9, Duration.ofHours(1), Duration.ofHours(1), Duration.ofDays(1)));
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      Future<?> waiting = threads.submit(() -> patient.head("a"));
      while (faulty.calls().isEmpty()) {
        Thread.onSpinWait();
      }
      threads.shutdownNow();
      assertThatThrownBy(waiting::get).hasRootCauseInstanceOf(StoreException.class);
    }
  }

  @Test
  void waitsLongerEachTimeButNeverTooLong() {
    RetryPolicy policy =
        new RetryPolicy(99, Duration.ofMillis(100), Duration.ofSeconds(1), Duration.ofHours(1));
    Random random = new Random(3);

    for (int attempt = 1; attempt < 80; attempt++) {
      long most = attempt < 5 ? 100L << (attempt - 1) : 1000;
      assertThat(policy.waitAfter(attempt, random).toMillis()).isBetween(most / 2 - 1, most);
    }
  }

  private static void assertKind(Kind kind, ThrowingCallable call) {
    assertThatThrownBy(call)
        .isInstanceOfSatisfying(StoreException.class, e -> assertThat(e.kind()).isEqualTo(kind));
  }
}
