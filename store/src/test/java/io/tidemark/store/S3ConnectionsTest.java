package io.tidemark.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidemark.testing.EmbeddedS3;
import java.io.InputStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** With four connections, each of which must come back for the next request. */
@Timeout(90)
final class S3ConnectionsTest {
  private static final int ROUNDS = 12;
  private static final Content CONTENT = Content.of(new byte[1 << 20]);

  private static S3Store open(EmbeddedS3 server) {
    S3Limits few = new S3Limits(Duration.ofSeconds(10), Duration.ofSeconds(10), 4);
    return S3Store.open(S3StoreTest.settings(server, "p").withLimits(few));
  }

  @Test
  void givesBackAConnectionWhenAnAnswerIsNotReadToItsEnd() throws Exception {
    try (EmbeddedS3 server = EmbeddedS3.start();
        S3Store store = open(server)) {
      store.putIfAbsent("a", CONTENT);
      for (int i = 0; i < ROUNDS; i++) {
        try (InputStream in = store.get("a")) {
          assertThat(in.read()).isZero();
        }
      }
      for (int i = 0; i < ROUNDS; i++) {
        try (InputStream in = store.get("a")) {
          assertThat(in.readNBytes(1 << 20)).hasSize(1 << 20);
        }
      }
      assertThat(store.head("a")).isPresent();
    }
  }

  @Test
  void givesBackAConnectionWhenThereIsNoObject() {
    try (EmbeddedS3 server = EmbeddedS3.start();
        S3Store store = open(server)) {
      for (int i = 0; i < ROUNDS; i++) {
        assertThatThrownBy(() -> store.get("absent")).isInstanceOf(StoreException.class);
        assertThat(store.head("absent")).isEmpty();
        assertThat(store.children("x/")).isEmpty();
        try (var objects = store.list("x/")) {
          assertThat(objects).isEmpty();
        }
      }
    }
  }

  @Test
  void givesBackAConnectionWhenARefusedPutMeetsAnObject() {
    try (EmbeddedS3 server = EmbeddedS3.start();
        S3Store store = open(server)) {
      store.putIfAbsent("a", CONTENT);
      for (int i = 0; i < ROUNDS; i++) {
        assertThat(store.putIfAbsent("a", CONTENT)).isFalse();
      }
    }
  }

  @Test
  void givesBackAConnectionWhenTheReaderIsInterrupted() throws Exception {
    try (EmbeddedS3 server = EmbeddedS3.start();
        S3Store store = open(server)) {
      store.putIfAbsent("a", CONTENT);
      for (int round = 0; round < 40; round++) {
        int millis = round % 8;
        List<Thread> readers = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
          readers.add(Thread.ofVirtual().start(() -> readQuietly(store)));
        }
        Thread.sleep(Duration.ofMillis(millis));
        for (Thread reader : readers) {
          reader.interrupt();
          reader.join();
        }
        assertThat(store.head("a")).as("round %d", round).isPresent();
      }
    }
  }

  private static void readQuietly(S3Store store) {
    try (InputStream in = store.get("a")) {
      assertThat(in.readAllBytes()).isNotEmpty();
    } catch (Exception interrupted) {
      assertThat(interrupted).isNotNull();
    }
  }
}
