package io.tidemark.store;

import static io.tidemark.testing.HttpFaults.any;
import static io.tidemark.testing.HttpFaults.method;
import static io.tidemark.testing.HttpFaults.targetContains;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidemark.store.StoreException.Kind;
import io.tidemark.testing.EmbeddedS3;
import io.tidemark.testing.HttpFault;
import io.tidemark.testing.HttpFaults;
import io.tidemark.testing.TcpProxy;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The real client against a real server over a connection that misbehaves. */
@Timeout(60)
final class S3StoreFaultsTest {
  private static final EmbeddedS3 SERVER = EmbeddedS3.start();
  private static final RetryPolicy QUICK =
      new RetryPolicy(4, Duration.ofMillis(5), Duration.ofMillis(50), Duration.ofSeconds(30));
  private static final S3Limits HASTY =
      new S3Limits(Duration.ofSeconds(2), Duration.ofSeconds(1), 8);

  private final S3Settings direct = S3StoreTest.settings(SERVER, "");
  private final byte[] bytes = ObjectStoreConformance.random(300_000, 11);
  private final Content content = Content.of(bytes);
  private final HttpFaults faults = HttpFaults.before(SERVER.endpoint());
  private final ObjectStore bare = S3Store.open(through(faults.endpoint()));
  private final ObjectStore store =
      new RetryingStore(bare, QUICK, new Random(5), StoreObserver.none());
  private final ObjectStore truth = S3Store.open(direct);

  private S3Settings through(URI endpoint) {
    return S3Settings.of(
            direct.bucket(), "", S3Endpoint.at(endpoint, SERVER.region()), direct.credentials())
        .withLimits(HASTY);
  }

  @BeforeEach
  void warmUp() {
    // The first request of a JVM takes a second by itself.
    assertThat(truth.head("absent")).isEmpty();
  }

  @AfterEach
  void close() {
    faults.close();
    store.close();
    truth.close();
  }

  @AfterAll
  static void stop() {
    SERVER.close();
  }

  @Test
  void ridesOutAServerThatIsBusy() throws IOException {
    faults.next(3, method("PUT"), new HttpFault.Status(503));
    faults.next(2, method("GET"), new HttpFault.Status(500));

    assertThat(store.putIfAbsent("a", content)).isTrue();
    assertThat(read(store, "a")).isEqualTo(bytes);
  }

  @Test
  void givesUpOnAServerThatStaysBusy() {
    faults.always(any(), new HttpFault.Status(503));

    assertKind(Kind.UNAVAILABLE, () -> store.putIfAbsent("a", content));
    assertKind(Kind.UNAVAILABLE, () -> store.get("a"));
    assertKind(Kind.UNAVAILABLE, () -> store.head("a"));
    assertKind(Kind.UNAVAILABLE, () -> store.list(""));
    assertKind(Kind.UNAVAILABLE, () -> store.children(""));
    assertThat(faults.requests()).hasSize(5 * QUICK.attempts());
  }

  @Test
  void neverTakesABareNotFoundForAMissingObject() {
    faults.always(any(), new HttpFault.Status(404));

    assertKind(Kind.REFUSED, () -> store.get("a"));
    assertKind(Kind.REFUSED, () -> store.head("a"));
    assertKind(Kind.REFUSED, () -> store.list(""));
  }

  @Test
  void tellsADenialFromAnythingElse() {
    faults.always(any(), new HttpFault.Status(403));

    assertKind(Kind.DENIED, () -> store.get("a"));
    assertKind(Kind.DENIED, () -> store.head("a"));
    assertKind(Kind.DENIED, () -> store.putIfAbsent("a", content));
    assertThat(store.probe().writable()).isFalse();
  }

  @Test
  void saysThatThereIsNoSuchBucket() {
    S3Settings wrong = S3Settings.of("no-such-bucket", "", direct.endpoint(), direct.credentials());
    try (ObjectStore none = S3Store.open(wrong)) {
      assertKind(Kind.REFUSED, () -> none.get("a"));
      assertKind(Kind.REFUSED, () -> none.head("a"));
      assertKind(Kind.REFUSED, () -> none.list(""));
      assertKind(Kind.REFUSED, () -> none.children(""));
      assertKind(Kind.REFUSED, () -> none.putIfAbsent("a", content));
    }
  }

  @Test
  void isDeniedWithAWrongSecret() {
    S3Credentials wrong = new S3Credentials.Keys(SERVER.accessKey(), "wrong", null);
    try (ObjectStore denied =
        S3Store.open(S3Settings.of(direct.bucket(), "", direct.endpoint(), wrong))) {
      assertKind(Kind.DENIED, () -> denied.get("a"));
      assertKind(Kind.DENIED, () -> denied.putIfAbsent("a", content));
    }
  }

  @Test
  void doesNotHangWithAServerThatHangs() {
    faults.always(any(), new HttpFault.Hang());

    for (Callable<?> each :
        List.<Callable<?>>of(
            () -> bare.putIfAbsent("a", content),
            () -> bare.get("a"),
            () -> bare.head("a"),
            () -> bare.list(""))) {
      long begun = System.nanoTime();
      assertKind(Kind.UNAVAILABLE, each);
      assertThat(Duration.ofNanos(System.nanoTime() - begun)).isLessThan(Duration.ofSeconds(5));
    }
  }

  @Test
  void doesNotHangWithAConnectionOnWhichNothingMoves() throws IOException {
    byte[] large = ObjectStoreConformance.random(20_000_000, 1);
    truth.putIfAbsent("large", Content.of(large));
    try (TcpProxy proxy = TcpProxy.to(SERVER.port());
        ObjectStore stalling =
            S3Store.open(through(URI.create("http://127.0.0.1:" + proxy.port())))) {
      try (InputStream in = stalling.get("large")) {
        assertThat(in.readNBytes(10)).hasSize(10);
        proxy.stall();
        assertThatThrownBy(in::readAllBytes)
            .isInstanceOf(IOException.class)
            .cause()
            .isInstanceOfSatisfying(
                StoreException.class, e -> assertThat(e.kind()).isEqualTo(Kind.UNAVAILABLE));
      }
      long begun = System.nanoTime();
      assertKind(
          Kind.UNAVAILABLE, () -> stalling.putIfAbsent("b", Content.of(new byte[5_000_000])));
      assertThat(Duration.ofNanos(System.nanoTime() - begun)).isLessThan(Duration.ofSeconds(30));
      proxy.down();
      assertKind(Kind.UNAVAILABLE, () -> stalling.get("large"));
      proxy.pass();
      assertThat(read(stalling, "large")).isEqualTo(large);
    }
  }

  @Test
  void countsAPutWhoseAnswerWasLostAsItsOwn() throws IOException {
    faults.next(1, method("PUT"), new HttpFault.DropResponse());

    assertThat(store.putIfAbsent("a", content)).isTrue();
    assertThat(read(truth, "a")).isEqualTo(bytes);
    assertThat(truth.list("")).hasSize(1);
  }

  @Test
  void neverPutsTwoContentsWhenAnAnswerWasLost() throws IOException {
    truth.putIfAbsent("a", Content.of(new byte[] {1, 2, 3}));
    faults.next(2, method("PUT"), new HttpFault.DropResponse());

    assertThat(store.putIfAbsent("a", content)).isFalse();
    assertThat(read(truth, "a")).containsExactly(1, 2, 3);
  }

  @Test
  void countsAPutWhoseAnswerCameTooLateAsItsOwn() throws IOException {
    faults.next(1, method("PUT"), new HttpFault.DelayResponse(Duration.ofSeconds(30)));

    assertThat(store.putIfAbsent("a", content)).isTrue();
    assertThat(read(truth, "a")).isEqualTo(bytes);
  }

  @Test
  void leavesNothingOfAPutThatWasCutOff() throws IOException {
    faults.next(4, method("PUT"), new HttpFault.DropRequest());

    assertKind(Kind.UNAVAILABLE, () -> store.putIfAbsent("a", content));
    assertThat(truth.head("a")).isEmpty();
    assertThat(store.putIfAbsent("a", content)).isTrue();
    assertThat(read(truth, "a")).isEqualTo(bytes);
  }

  @Test
  void goesOnWithAGetThatWasCutOff() throws IOException {
    truth.putIfAbsent("a", content);
    faults.next(6, method("GET"), new HttpFault.TruncateResponse(40_000));

    assertThat(read(store, "a")).isEqualTo(bytes);
    assertThat(faults.spoiled()).hasSize(6);
  }

  @Test
  void neverEndsACutOffStreamAsIfItWereWhole() throws IOException {
    truth.putIfAbsent("a", content);
    faults.always(method("GET"), new HttpFault.TruncateResponse(1000));

    try (InputStream in = bare.get("a")) {
      assertThatThrownBy(in::readAllBytes).hasCauseInstanceOf(StoreException.class);
    }
  }

  @Test
  void passesOnWrongBytesThatOnlyTheRepositorysChecksumsCanFind() throws IOException {
    truth.putIfAbsent("a", content);
    faults.always(method("GET"), new HttpFault.CorruptResponse(77));

    assertThat(read(bare, "a")).isNotEqualTo(bytes).hasSameSizeAs(bytes);
  }

  @Test
  void worksWithTheChecksumsOfS3() throws IOException {
    S3Settings checking = through(SERVER.endpoint()).withChecksums(S3Checksums.WHEN_SUPPORTED);
    try (ObjectStore checked = S3Store.open(checking)) {
      assertThat(checked.putIfAbsent("a", content)).isTrue();
      assertThat(checked.putIfAbsent("a", content)).isFalse();
      assertThat(read(checked, "a")).isEqualTo(bytes);
      assertThat(read(truth, "a")).isEqualTo(bytes);
      checked.deleteAll(List.of("a"));
    }
  }

  @Test
  void listsAllPagesOverABadConnection() {
    IntStream.range(0, 30).forEach(i -> truth.putIfAbsent("k/" + (100 + i), content));
    faults.next(3, targetContains("list-type"), new HttpFault.Status(503));

    assertThat(store.children("k/")).hasSize(30);
  }

  @Test
  void deletesOneByOneWhereTheServerKnowsNoBatches() {
    truth.putIfAbsent("a", content);
    truth.putIfAbsent("b", content);
    faults.always(targetContains("?delete"), new HttpFault.Status(501));

    store.deleteAll(List.of("a", "b", "absent"));

    assertThat(truth.list("")).isEmpty();
  }

  @Test
  void looksBeforeItPutsWhereTheServerKnowsNoConditions() {
    faults.nth(1, method("PUT"), new HttpFault.Status(501));

    assertThat(store.putIfAbsent("a", content)).isTrue();
    assertThat(store.putIfAbsent("a", content)).isFalse();
    assertThat(store.probe().putIfAbsent()).isFalse();
    assertThat(store.probe().notes()).isNotEmpty();
  }

  private static byte[] read(ObjectStore from, String key) throws IOException {
    try (InputStream in = from.get(key)) {
      return in.readAllBytes();
    }
  }

  private static void assertKind(Kind kind, Callable<?> call) {
    assertThatThrownBy(call::call)
        .isInstanceOfSatisfying(
            StoreException.class, e -> assertThat(e.kind()).as(e.explain()).isEqualTo(kind));
  }
}
