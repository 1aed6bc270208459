package io.tidemark.restore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidemark.config.ErrorCode;
import io.tidemark.config.TidemarkException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

class FsyncBehindTest {
  private static Path file(int i) {
    return Path.of("file" + i);
  }

  @Test
  void hasFsyncedAllWhenItWasWaitedFor() {
    Set<Path> fsynced = ConcurrentHashMap.newKeySet();

    try (FsyncBehind behind = new FsyncBehind(fsynced::add)) {
      IntStream.range(0, 5_000).forEach(i -> behind.add(file(i)));
      behind.await();
    }

    assertThat(fsynced).hasSize(5_000);
  }

  @Test
  void letsNoMoreFilesWaitThanItMay() throws InterruptedException {
    CountDownLatch disk = new CountDownLatch(1);
    Queue<Thread> threads = new ConcurrentLinkedQueue<>();
    Thread adding =
        Thread.ofPlatform()
            .start(
                () -> {
                  try (FsyncBehind behind = new FsyncBehind(_ -> hang(disk, threads))) {
                    IntStream.range(0, 2_000).forEach(i -> behind.add(file(i)));
                    behind.await();
                  }
                });

    Awaitility.await().until(() -> threads.contains(adding));
    disk.countDown();
    adding.join();
    assertThat(threads).hasSize(2_000);
  }

  private static void hang(CountDownLatch disk, Queue<Thread> threads) throws IOException {
    threads.add(Thread.currentThread());
    try {
      disk.await();
    } catch (InterruptedException e) {
      throw new IOException(e);
    }
  }

  @Test
  void tellsOfAFailureAtTheNextFileAndFsyncsNothingMore() {
    Queue<Path> tried = new ConcurrentLinkedQueue<>();
    try (FsyncBehind behind =
        new FsyncBehind(
            path -> {
              tried.add(path);
              throw new IOException("no disk");
            })) {
      behind.add(file(1));
      Awaitility.await()
          .untilAsserted(
              () ->
                  assertThatThrownBy(() -> behind.add(file(2)))
                      .isInstanceOfSatisfying(
                          TidemarkException.class,
                          e -> assertThat(e.code()).isEqualTo(ErrorCode.LOCAL_IO))
                      .hasMessageContaining("cannot fsync file1"));
      assertThatThrownBy(behind::await).hasMessageContaining("cannot fsync file1");
    }
    assertThat(tried).startsWith(file(1));
  }

  @Test
  void isInterruptedRatherThanDone() {
    try (FsyncBehind behind = new FsyncBehind(_ -> {})) {
      behind.add(file(1));
      Thread.currentThread().interrupt();
      assertThatThrownBy(behind::await)
          .isInstanceOfSatisfying(
              TidemarkException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.INTERRUPTED));
    } finally {
      assertThat(Thread.interrupted()).isTrue();
    }
  }
}
