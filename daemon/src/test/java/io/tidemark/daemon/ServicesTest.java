package io.tidemark.daemon;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.tidemark.config.ErrorCode;
import io.tidemark.config.TidemarkException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class ServicesTest {
  private static final Duration LONG = Duration.ofSeconds(20);

  private final Services services = new Services();

  @Test
  void endsWithTheErrorOfTheFirstServiceThatEndsForGood() {
    services.start(new Loop("fine", LONG, () -> LONG));
    services.start(
        new Loop(
            "broken",
            LONG,
            () -> {
              throw new TidemarkException(ErrorCode.LOCAL_IO, "no disk", "");
            }));

    assertThatThrownBy(() -> services.await(LONG))
        .isInstanceOfSatisfying(
            TidemarkException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.LOCAL_IO));
    services.closeAll(LONG);
  }

  @Test
  void callsAnythingElseADefect() {
    services.start(
        new Loop(
            "broken",
            LONG,
            () -> {
              throw new ArithmeticException("by zero");
            }));

    assertThatThrownBy(() -> services.await(LONG))
        .isInstanceOfSatisfying(
            TidemarkException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.INTERNAL))
        .hasMessageContaining("broken");
  }

  @Test
  void closesALoopInItsPauseAndInItsStep() throws InterruptedException {
    Loop pausing = new Loop("pausing", LONG, () -> LONG);
    Loop working =
        new Loop(
            "working",
            LONG,
            () -> {
              Thread.sleep(LONG);
              return LONG;
            });
    services.start(pausing);
    services.start(working);

    long began = System.nanoTime();
    services.close(List.of(pausing, working), LONG);

    assertThat(Duration.ofNanos(System.nanoTime() - began)).isLessThan(Duration.ofSeconds(5));
    assertThat(services.await(Duration.ZERO)).as("that was no end for good").isFalse();
  }

  @Test
  void wakesALoop() {
    AtomicInteger steps = new AtomicInteger();
    Loop loop =
        new Loop(
            "loop",
            LONG,
            () -> {
              steps.incrementAndGet();
              return LONG;
            });
    services.start(loop);
    await().until(() -> steps.get() == 1);

    loop.wake();

    await().until(() -> steps.get() == 2);
    services.closeAll(LONG);
  }

  @Test
  void namesWhoMakesNoProgress() {
    services.start(new Loop("lazy", Duration.ofMillis(1), () -> LONG));
    services.start(new Loop("fine", LONG, () -> LONG));

    await().until(() -> services.stuck().equals(List.of("lazy")));
    services.closeAll(LONG);
  }
}
