package io.tidemark.walarchiver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.tidemark.config.ErrorCode;
import io.tidemark.config.TidemarkException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class UploaderTest {
  private static final Duration LIMIT = Duration.ofSeconds(10);

  private final List<ArchiverEvent> events = new CopyOnWriteArrayList<>();
  private final ArchiverState state = new ArchiverState(new SegmentPool(2 << 20, 1 << 20, 2));
  private final Uploader uploader =
      new Uploader("test", new Semaphore(2, true), state, events::add);

  @AfterEach
  void close() {
    uploader.close();
  }

  @Test
  void triesUntilItGoesThrough() {
    AtomicInteger tries = new AtomicInteger();
    AtomicBoolean returned = new AtomicBoolean();
    AtomicBoolean last = new AtomicBoolean();
    uploader.start(
        new Uploader.Put(
            "it",
            () -> {
              if (tries.incrementAndGet() < 3) {
                throw failure(ErrorCode.STORE_UNREACHABLE);
              }
            },
            () -> false,
            () -> returned.set(true),
            () -> last.set(true)));
    await().atMost(LIMIT).until(uploader::isIdle);
    assertThat(tries).hasValue(3);
    assertThat(returned).isTrue();
    assertThat(last).isTrue();
    assertThat(events)
        .hasExactlyElementsOfTypes(
            ArchiverEvent.PutFailed.class,
            ArchiverEvent.PutFailed.class,
            ArchiverEvent.PutRecovered.class);
    assertThat(state.snapshot().putFailures()).isEqualTo(2);
    assertThat(uploader.failure()).isEmpty();
  }

  @Test
  void givesUpWhatSomethingElseHasMadeNeedless() {
    AtomicBoolean needless = new AtomicBoolean();
    AtomicBoolean returned = new AtomicBoolean();
    uploader.start(
        new Uploader.Put(
            "a tail",
            () -> {
              needless.set(true);
              throw failure(ErrorCode.STORE_UNREACHABLE);
            },
            needless::get,
            () -> returned.set(true),
            () -> {}));
    await().atMost(LIMIT).until(uploader::isIdle);
    assertThat(returned).isFalse();
    assertThat(uploader.failure()).isEmpty();
  }

  @Test
  void aConflictEndsAll() {
    uploader.start(Uploader.Put.of("it", () -> fail(ErrorCode.CONTENT_CONFLICT)));
    await().atMost(LIMIT).until(() -> uploader.failure().isPresent());
    assertThat(uploader.failure().orElseThrow().code()).isEqualTo(ErrorCode.CONTENT_CONFLICT);
  }

  @Test
  void aDefectEndsAllAndIsNoSuccess() {
    uploader.start(
        Uploader.Put.of(
            "it",
            () -> {
              throw new IllegalStateException("a defect");
            }));
    await().atMost(LIMIT).until(() -> uploader.failure().isPresent());
    assertThat(uploader.failure().orElseThrow().code()).isEqualTo(ErrorCode.INTERNAL);
  }

  @Test
  void putsNoMoreAtOnceThanItMay() throws InterruptedException {
    CountDownLatch letGo = new CountDownLatch(1);
    AtomicInteger now = new AtomicInteger();
    AtomicInteger most = new AtomicInteger();
    CountDownLatch done = new CountDownLatch(10);
    for (int i = 0; i < 10; i++) {
      uploader.start(
          Uploader.Put.of(
              "it",
              () -> {
                most.accumulateAndGet(now.incrementAndGet(), Math::max);
                awaitLatch(letGo);
                now.decrementAndGet();
                done.countDown();
              }));
    }
    await().atMost(LIMIT).until(() -> now.get() == 2);
    letGo.countDown();
    assertThat(done.await(10, java.util.concurrent.TimeUnit.SECONDS)).isTrue();
    assertThat(most).hasValue(2);
  }

  @Test
  void whatHangsIsGivenUpAtTheCloseAndItsBufferLetGo() {
    AtomicBoolean last = new AtomicBoolean();
    AtomicBoolean returned = new AtomicBoolean();
    uploader.start(
        new Uploader.Put(
            "it",
            () -> fail(ErrorCode.STORE_UNREACHABLE),
            () -> false,
            () -> returned.set(true),
            () -> last.set(true)));
    await().atMost(LIMIT).until(() -> !events.isEmpty());
    uploader.close();
    await().atMost(LIMIT).until(uploader::isIdle);
    assertThat(last).isTrue();
    assertThat(returned).isFalse();
  }

  private static void awaitLatch(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static void fail(ErrorCode code) {
    throw failure(code);
  }

  private static TidemarkException failure(ErrorCode code) {
    return new TidemarkException(code, "it does not work", "");
  }
}
