package io.tidemark.store;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidemark.store.StoreException.Kind;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What every {@link ObjectStore} must do. A store's own test extends it and says how to open one.
 */
@Timeout(120)
public abstract class ObjectStoreConformance {
  private static final int RACERS = 20;
  private static final int MIB = 1024 * 1024;

  private ObjectStore store = new MemoryStore();

  /** A store with nothing in it; the suite closes it. */
  protected abstract ObjectStore openEmpty() throws Exception;

  /** How many small objects make several pages of a listing. */
  protected int manyObjects() {
    return 1100;
  }

  @BeforeEach
  void open() throws Exception {
    store = openEmpty();
  }

  @AfterEach
  void close() {
    store.close();
  }

  protected final ObjectStore store() {
    return store;
  }

  @Test
  void givesBackWhatWasPut() {
    assertThat(put("cluster/wal/one.zst", "hello")).isTrue();

    assertThat(read("cluster/wal/one.zst")).isEqualTo("hello");
  }

  @Test
  void putsAllPartsOfAContentAndLeavesThemAlone() {
    ByteBuffer heap = ByteBuffer.wrap("__one__".getBytes(UTF_8)).position(2).limit(5);
    ByteBuffer direct = ByteBuffer.allocateDirect(4).put("+two".getBytes(UTF_8)).flip();
    Content content = Content.of(heap, ByteBuffer.allocate(0), direct.asReadOnlyBuffer());

    assertThat(store.putIfAbsent("parts", content)).isTrue();

    assertThat(read("parts")).isEqualTo("one+two");
    assertThat(content.size()).isEqualTo(7);
  }

  @Test
  void holdsAnObjectWithoutBytes() {
    assertThat(store.putIfAbsent("empty", Content.of(new byte[0]))).isTrue();

    assertThat(read("empty")).isEmpty();
    assertThat(read("empty", 0, 10)).isEmpty();
    assertThat(store.head("empty").orElseThrow().size()).isZero();
  }

  @Test
  void holdsAnObjectOf64Mebibytes() throws IOException {
    byte[] bytes = random(64 * MIB, 64);

    assertThat(store.putIfAbsent("large", Content.of(bytes))).isTrue();

    try (InputStream in = store.get("large")) {
      assertThat(in.readAllBytes()).isEqualTo(bytes);
    }
    try (InputStream in = store.get("large", 63 * MIB, 2 * MIB)) {
      assertThat(in.readAllBytes()).hasSize(MIB);
    }
  }

  @Test
  void holdsAllByteValuesUnchanged() throws IOException {
    byte[] bytes = random(MIB + 17, 1);
    store.putIfAbsent("a/b", Content.of(bytes));

    try (InputStream in = store.get("a/b")) {
      assertThat(in.readAllBytes()).isEqualTo(bytes);
    }
  }

  @Test
  void readsARange() {
    put("range", "0123456789");

    assertThat(read("range", 0, 4)).isEqualTo("0123");
    assertThat(read("range", 3, 4)).isEqualTo("3456");
    assertThat(read("range", 9, 1)).isEqualTo("9");
    assertThat(read("range", 4, Long.MAX_VALUE)).isEqualTo("456789");
  }

  @Test
  void readsWhatThereIsOfARangeBeyondTheEnd() {
    put("range", "0123456789");

    assertThat(read("range", 8, 100)).isEqualTo("89");
    assertThat(read("range", 10, 1)).isEmpty();
    assertThat(read("range", 1000, Long.MAX_VALUE)).isEmpty();
    assertThat(read("range", 3, 0)).isEmpty();
  }

  @Test
  void saysNotFoundForARangeOfNothing() {
    assertKind(Kind.NOT_FOUND, () -> store.get("absent", 0, 0));
    assertKind(Kind.NOT_FOUND, () -> store.get("absent", 5, 5));
  }

  @Test
  void saysNotFoundOnlyOfWhatIsNotThere() {
    put("group/there", "x");

    assertKind(Kind.NOT_FOUND, () -> store.get("group/absent"));
    assertKind(Kind.NOT_FOUND, () -> store.get("group"));
    assertKind(Kind.NOT_FOUND, () -> store.get("group/there/below"));
    assertKind(Kind.NOT_FOUND, () -> store.get("no/such/group"));
    assertThat(read("group/there")).isEqualTo("x");
  }

  @Test
  void knowsSizeAndTimeOfAnObject() {
    put("a/b/c", "12345");

    ObjectInfo info = store.head("a/b/c").orElseThrow();

    assertThat(info.key()).isEqualTo("a/b/c");
    assertThat(info.size()).isEqualTo(5);
    assertThat(Duration.between(info.modified(), Instant.now()).abs()).isLessThan(ofMinutes(5));
    assertThat(store.head("a/b")).isEmpty();
    assertThat(store.head("a/b/d")).isEmpty();
    assertThat(store.head("x/y/z")).isEmpty();
  }

  private static Duration ofMinutes(int minutes) {
    return Duration.ofMinutes(minutes);
  }

  @Test
  void neverReplacesAnObject() {
    assertThat(put("once", "first")).isTrue();
    assertThat(put("once", "second, and longer")).isFalse();
    assertThat(put("once", "first")).isFalse();

    assertThat(read("once")).isEqualTo("first");
  }

  @Test
  void canPutAgainWhatWasDeleted() {
    put("a/again", "first");
    store.delete("a/again");

    assertThat(put("a/again", "second")).isTrue();
    assertThat(read("a/again")).isEqualTo("second");
  }

  @Test
  void letsExactlyOneOfManyRacersPut() throws Exception {
    for (int round = 0; round < 5; round++) {
      String key = "race/" + round + "/lease";
      List<Boolean> won = race(racer -> store.putIfAbsent(key, Content.of(filled(racer, 5000))));

      assertThat(Collections.frequency(won, true)).as("winners of round %s", round).isEqualTo(1);
      byte winner = (byte) won.indexOf(true);
      try (InputStream in = store.get(key)) {
        assertThat(in.readAllBytes()).isEqualTo(filled(winner, 5000));
      }
    }
  }

  @Test
  void neverShowsAReaderHalfAnObject() throws Exception {
    AtomicBoolean done = new AtomicBoolean();
    try (ExecutorService reader = Executors.newVirtualThreadPerTaskExecutor()) {
      Future<Integer> seen = reader.submit(() -> readUntil(done, "torn/object", MIB));
      for (int round = 0; round < 20; round++) {
        store.putIfAbsent("torn/object", Content.of(filled(round, MIB)));
        store.delete("torn/object");
      }
      store.putIfAbsent("torn/object", Content.of(filled(1, MIB)));
      done.set(true);
      assertThat(seen.get()).isPositive();
    }
  }

  private int readUntil(AtomicBoolean done, String key, int size) throws IOException {
    int seen = 0;
    boolean last = false;
    while (!last) {
      last = done.get();
      byte[] bytes = wholeOrAbsent(key);
      if (bytes.length > 0) {
        assertThat(bytes).isEqualTo(filled(bytes[0], size));
        seen++;
      }
    }
    return seen;
  }

  private byte[] wholeOrAbsent(String key) throws IOException {
    try (InputStream in = store.get(key)) {
      return in.readAllBytes();
    } catch (StoreException e) {
      assertThat(e.kind()).isEqualTo(Kind.NOT_FOUND);
      return new byte[0];
    } catch (IOException e) {
      // A stream that had to be opened again finds that its object is gone, or is another one.
      assertThat(e)
          .cause()
          .isInstanceOfSatisfying(
              StoreException.class,
              gone -> assertThat(gone.kind()).isIn(Kind.NOT_FOUND, Kind.CORRUPT));
      return new byte[0];
    }
  }

  @Test
  void keepsPutsApartFromDeletesInTheSameGroup() throws Exception {
    List<Boolean> put =
        race(
            racer -> {
              for (int i = 0; i < 10; i++) {
                putUntilAnswered("busy/group/" + racer + "-" + i);
                deleteUntilAnswered("busy/group/" + racer + "-" + i);
              }
              return putUntilAnswered("busy/group/" + racer);
            });

    assertThat(put).containsOnly(true);
    assertThat(keys("busy/")).hasSize(RACERS);
  }

  /** A server may be at a loss for a moment while a group's directory comes and goes. */
  private boolean putUntilAnswered(String key) {
    for (int i = 1; ; i++) {
      try {
        return store.putIfAbsent(key, Content.of(new byte[] {2})) || i > 1;
      } catch (StoreException e) {
        if (e.kind() != Kind.UNAVAILABLE || i == 20) {
          throw e;
        }
      }
    }
  }

  private void deleteUntilAnswered(String key) {
    for (int i = 1; ; i++) {
      try {
        store.delete(key);
        return;
      } catch (StoreException e) {
        if (e.kind() != Kind.UNAVAILABLE || i == 20) {
          throw e;
        }
      }
    }
  }

  @Test
  void listsInTheOrderOfTheKeysBytes() {
    List<String> keys =
        List.of("a-b/1", "a.b/1", "a/1", "a/1-1", "a/10/x", "a/2", "aA", "ab/1", "A/1", "_/1", "b");
    keys.forEach(key -> put(key, key));

    assertThat(keys("")).isEqualTo(keys.stream().sorted().toList());
    assertThat(keys("a/")).containsExactly("a/1", "a/1-1", "a/10/x", "a/2");
    assertThat(keys("a/10/")).containsExactly("a/10/x");
    assertThat(keys("absent/")).isEmpty();
  }

  @Test
  void listsSizesAndTimes() {
    put("x/one", "1");
    put("x/three", "333");

    try (Stream<ObjectInfo> listed = store.list("x/")) {
      List<ObjectInfo> infos = listed.toList();
      assertThat(infos).extracting(ObjectInfo::size).containsExactly(1L, 3L);
      assertThat(infos)
          .allSatisfy(info -> assertThat(info.modified()).isAfter(Instant.now().minusSeconds(600)));
    }
  }

  @Test
  void namesWhatIsDirectlyBelow() {
    List.of("c/wal/1", "c/wal/2/x", "c/wal-x", "c/wal.y", "c/cluster.json", "d/1")
        .forEach(key -> put(key, key));

    assertThat(store.children("")).containsExactly("c/", "d/");
    assertThat(store.children("c/")).containsExactly("cluster.json", "wal-x", "wal.y", "wal/");
    assertThat(store.children("c/wal/")).containsExactly("1", "2/");
    assertThat(store.children("absent/")).isEmpty();
  }

  @Test
  void listsAndDeletesMoreThanOnePage() throws Exception {
    List<String> keys =
        IntStream.range(0, manyObjects()).mapToObj(i -> "%s/%06d".formatted("many", i)).toList();
    List<List<String>> shares = shares(keys);
    race(
        racer -> {
          shares.get(racer).forEach(key -> put(key, "x"));
          return true;
        });

    assertThat(keys("many/")).isEqualTo(keys);
    assertThat(store.children("many/")).hasSameSizeAs(keys);
    try (Stream<ObjectInfo> listed = store.list("")) {
      assertThat(listed.limit(3).map(ObjectInfo::key)).isEqualTo(keys.subList(0, 3));
    }
    store.deleteAll(keys.subList(1, keys.size()));
    assertThat(keys("")).containsExactly(keys.getFirst());
  }

  private static List<List<String>> shares(List<String> keys) {
    List<List<String>> shares = new ArrayList<>();
    for (int i = 0; i < RACERS; i++) {
      int share = i;
      shares.add(
          IntStream.range(0, keys.size())
              .filter(at -> at % RACERS == share)
              .mapToObj(keys::get)
              .toList());
    }
    return shares;
  }

  @Test
  void deletesWhatIsThereAndDoesNotMindWhatIsNot() {
    put("d/1", "x");
    put("d/2", "x");

    store.delete("d/1");
    store.delete("d/1");
    store.delete("never/was");
    store.delete("d");
    store.deleteAll(List.of("d/1", "d/3"));
    store.deleteAll(List.of());

    assertThat(keys("")).containsExactly("d/2");
    store.deleteAll(List.of("d/2"));
    assertThat(store.children("")).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "", "/", "/a", "a/", "a//b", ".", "..", "../a", "a/../b", "a/./b", "a b", "a\\b", "a\u0000",
        "ä", "a+b", "~store", "a\n"
      })
  void refusesWhatIsNotAKey(String key) {
    assertKind(Kind.REFUSED, () -> store.putIfAbsent(key, Content.of(new byte[1])));
    assertKind(Kind.REFUSED, () -> store.get(key));
    assertKind(Kind.REFUSED, () -> store.head(key));
    assertKind(Kind.REFUSED, deleting(key));
    assertThat(keys("")).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"a", "/", "../", "a//", "a/b", "./"})
  void refusesWhatIsNotAPrefix(String prefix) {
    assertKind(Kind.REFUSED, () -> store.list(prefix));
    assertKind(Kind.REFUSED, () -> store.children(prefix));
  }

  @Test
  void holdsTheLongestKey() {
    String key = ("n".repeat(149) + "/").repeat(6).substring(0, ObjectKey.MAX_BYTES - 1);

    assertThat(put(key, "x")).isTrue();
    assertThat(keys("")).containsExactly(key);
    assertKind(Kind.REFUSED, () -> store.head("/" + key + "nn"));
  }

  @Test
  void letsAStreamBeClosedEarly() throws IOException {
    store.putIfAbsent("large", Content.of(random(8 * MIB, 3)));

    for (int i = 0; i < 60; i++) {
      try (InputStream in = store.get("large")) {
        assertThat(in.readNBytes(10)).hasSize(10);
      }
    }
  }

  @Test
  void letsAListingBeClosedEarly() {
    put("a", "x");
    put("b", "x");

    for (int i = 0; i < 60; i++) {
      try (Stream<ObjectInfo> listed = store.list("")) {
        assertThat(listed.findFirst().orElseThrow().key()).isEqualTo("a");
      }
    }
  }

  @Test
  void readsManyObjectsAtOnce() throws Exception {
    byte[] bytes = random(3 * MIB, 9);
    store.putIfAbsent("shared", Content.of(bytes));

    List<Boolean> same =
        race(
            racer -> {
              try (InputStream in = store.get("shared", racer, MIB)) {
                return ByteBuffer.wrap(in.readAllBytes())
                    .equals(ByteBuffer.wrap(bytes, racer, MIB));
              }
            });

    assertThat(same).containsOnly(true);
  }

  @Test
  void provesWhatItCanDoAndLeavesNothing() {
    StoreAbilities abilities = store.probe();

    assertThat(abilities.notes()).isEmpty();
    assertThat(abilities.writable()).isTrue();
    assertThat(abilities.putIfAbsent()).isTrue();
    assertThat(abilities.readsBackWhatWasPut()).isTrue();
    assertThat(keys("")).isEmpty();
  }

  @Test
  void describesItselfInOneLine() {
    assertThat(store.describe()).isNotBlank().doesNotContain("\n");
  }

  /** What each racer does; they begin together. */
  private interface Racer {
    boolean run(int number) throws IOException;
  }

  private static List<Boolean> race(Racer racer) throws InterruptedException, ExecutionException {
    CountDownLatch start = new CountDownLatch(RACERS);
    List<Boolean> results = new ArrayList<>();
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<Boolean>> running = new ArrayList<>();
      for (int i = 0; i < RACERS; i++) {
        int number = i;
        running.add(
            threads.submit(
                () -> {
                  start.countDown();
                  start.await();
                  return racer.run(number);
                }));
      }
      for (Future<Boolean> each : running) {
        results.add(each.get());
      }
    }
    return results;
  }

  protected static void assertKind(Kind kind, Callable<?> call) {
    assertThatThrownBy(call::call)
        .isInstanceOfSatisfying(
            StoreException.class, e -> assertThat(e.kind()).as(e.explain()).isEqualTo(kind));
  }

  private Callable<Boolean> deleting(String key) {
    return () -> {
      store.delete(key);
      return true;
    };
  }

  protected final boolean put(String key, String text) {
    return store.putIfAbsent(key, Content.of(text.getBytes(UTF_8)));
  }

  protected final String read(String key) {
    return read(key, 0, Long.MAX_VALUE);
  }

  private String read(String key, long offset, long length) {
    try (InputStream in = store.get(key, offset, length)) {
      return new String(in.readAllBytes(), UTF_8);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  protected final List<String> keys(String prefix) {
    try (Stream<ObjectInfo> listed = store.list(prefix)) {
      return listed.map(ObjectInfo::key).toList();
    }
  }

  protected static byte[] random(int size, long seed) {
    byte[] bytes = new byte[size];
    new Random(seed).nextBytes(bytes);
    return bytes;
  }

  private static byte[] filled(int value, int size) {
    byte[] bytes = new byte[size];
    Arrays.fill(bytes, (byte) value);
    return bytes;
  }
}
