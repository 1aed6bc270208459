package io.tidemark.repository;

import static io.tidemark.repository.TestWal.content;
import static io.tidemark.repository.TestWal.part;
import static io.tidemark.repository.TestWal.segment;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidemark.config.ErrorCode;
import io.tidemark.config.TidemarkException;
import io.tidemark.postgres.WalSegment;
import io.tidemark.store.Content;
import io.tidemark.store.FaultyStore;
import io.tidemark.store.MemoryStore;
import io.tidemark.store.ObjectInfo;
import io.tidemark.store.ObjectStore;
import io.tidemark.store.RetryPolicy;
import io.tidemark.store.RetryingStore;
import io.tidemark.store.StoreException;
import io.tidemark.store.StoreException.Kind;
import io.tidemark.store.StoreFault;
import io.tidemark.store.StoreObserver;
import io.tidemark.store.StoreObserver.Operation;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The archive on a store that fails, loses answers, cuts short, or changes under a reader. */
class WalArchiveFaultsTest {
  private final MemoryStore memory = new MemoryStore();
  private final FaultyStore faulty = new FaultyStore(memory);

  private static WalArchive archive(ObjectStore store, Compression.Algorithm algorithm) {
    return new WalArchive(
        Part.of(
            store,
            new Keys("main"),
            TestWal.identity(false),
            TestWal.options(algorithm),
            Optional.empty()));
  }

  private RetryingStore retrying() {
    return new RetryingStore(
        faulty,
        new RetryPolicy(12, Duration.ofMillis(1), Duration.ofMillis(2), Duration.ofSeconds(20)),
        RandomGenerator.of("Random"),
        StoreObserver.none());
  }

  @ParameterizedTest
  @EnumSource(Compression.Algorithm.class)
  void neverPutsTwoContentsHoweverOftenAnswersAreLost(Compression.Algorithm algorithm) {
    long seed = System.nanoTime();
    System.out.println("seed " + seed);
    SplittableRandom random = new SplittableRandom(seed);
    faulty.randomly(
        seed,
        0.4,
        FaultyStore.any(),
        new StoreFault.Fail(Kind.UNAVAILABLE),
        new StoreFault.LoseAnswer(Kind.UNAVAILABLE),
        new StoreFault.BreakOff(1000));
    WalArchive archive = archive(retrying(), algorithm);
    for (int i = 0; i < 30; i++) {
      WalSegment segment = segment(1, random.nextInt(6));
      int variant = random.nextInt(2);
      putAndAllow(archive, segment, variant);
    }
    faulty.clear();
    WalArchive reader = archive(memory, Compression.Algorithm.NONE);
    for (int number = 0; number < 6; number++) {
      WalSegment segment = segment(1, number);
      if (reader.read(segment) instanceof SegmentContent.Whole whole) {
        assertThat(whole.raw()).isIn(content(segment, 0), content(segment, 1));
        int there = whole.raw().equals(content(segment, 0)) ? 0 : 1;
        reader.putSegment(segment, content(segment, there), TestWal.summary(number));
      }
    }
  }

  /** What was acknowledged must be what is there. */
  private void putAndAllow(WalArchive archive, WalSegment segment, int variant) {
    try {
      archive.putSegment(segment, content(segment, variant), TestWal.summary(segment.number()));
      assertThat(archive(memory, Compression.Algorithm.NONE).read(segment))
          .isEqualTo(new SegmentContent.Whole(content(segment, variant)));
    } catch (TidemarkException e) {
      assertThat(e.code()).isIn(ErrorCode.CONTENT_CONFLICT, ErrorCode.STORE_UNREACHABLE);
    }
  }

  @ParameterizedTest
  @EnumSource(
      value = Operation.class,
      names = {"GET", "LIST", "HEAD"})
  void neverCallsASegmentAbsentThatCannotBeAskedFor(Operation operation) {
    faulty.always(FaultyStore.operation(operation), new StoreFault.Fail(Kind.UNAVAILABLE));

    assertThatThrownBy(() -> archive(faulty, Compression.Algorithm.ZSTD).read(segment(1, 5)))
        .isInstanceOfSatisfying(
            StoreException.class, e -> assertThat(e.kind()).isEqualTo(Kind.UNAVAILABLE));
  }

  @Test
  void noticesAStreamThatEndsTooEarlyOrIsWrong() {
    WalArchive archive = archive(faulty, Compression.Algorithm.ZSTD);
    TestWal.put(archive, segment(1, 5));
    for (StoreFault fault :
        new StoreFault[] {new StoreFault.CutShort(100_000), new StoreFault.Corrupt(50_000)}) {
      faulty.always(FaultyStore.operation(Operation.GET), fault);
      assertThatThrownBy(() -> archive.read(segment(1, 5)))
          .isInstanceOfSatisfying(
              TidemarkException.class,
              e -> assertThat(e.code()).isEqualTo(ErrorCode.OBJECT_DAMAGED));
      faulty.clear();
    }
    assertThat(archive.read(segment(1, 5)))
        .isEqualTo(new SegmentContent.Whole(content(segment(1, 5))));
  }

  @Test
  void readsTheSegmentThatTakesThePlaceOfItsTailsMeanwhile() {
    WalSegment segment = segment(1, 5);
    WalArchive writer = archive(memory, Compression.Algorithm.ZSTD);
    writer.putTail(segment, segment.start(), part(segment, 0, 5000), WalSummary.EMPTY);
    ObjectStore replacing =
        new ForwardingStore(memory) {
          private boolean done;

          @Override
          public InputStream get(String key, long offset, long length) {
            if (key.contains(".tail/") && !done) {
              done = true;
              TestWal.put(writer, segment);
              writer.removeTails(segment);
            }
            return super.get(key, offset, length);
          }
        };

    assertThat(archive(replacing, Compression.Algorithm.ZSTD).read(segment))
        .isEqualTo(new SegmentContent.Whole(content(segment)));
  }

  @Test
  void readsTheSegmentThatAppearsBetweenTheTwoLooks() {
    WalSegment segment = segment(1, 5);
    ObjectStore appearing =
        new ForwardingStore(memory) {
          @Override
          public Stream<ObjectInfo> list(String prefix) {
            if (memory.head("main/wal/00000001/00000000/" + segment + ".wal").isEmpty()) {
              TestWal.put(archive(memory, Compression.Algorithm.ZSTD), segment);
            }
            return super.list(prefix);
          }
        };

    assertThat(archive(appearing, Compression.Algorithm.ZSTD).read(segment))
        .isEqualTo(new SegmentContent.Whole(content(segment)));
  }

  @Test
  void givesUpWhereTailsAreListedThatAreNotThere() {
    ObjectStore lying =
        new ForwardingStore(memory) {
          @Override
          public Stream<ObjectInfo> list(String prefix) {
            return Stream.of(new ObjectInfo(prefix + "00000000-00001000", 100, TestWal.CREATED));
          }
        };

    assertThatThrownBy(() -> archive(lying, Compression.Algorithm.ZSTD).read(segment(1, 5)))
        .isInstanceOfSatisfying(
            StoreException.class, e -> assertThat(e.kind()).isEqualTo(Kind.UNAVAILABLE));
  }

  @Test
  void callsASegmentOfAnotherLengthDamaged() {
    Part part =
        Part.of(
            memory,
            new Keys("main"),
            TestWal.identity(false),
            TestWal.options(Compression.Algorithm.ZSTD),
            Optional.empty());
    part.sealed()
        .put(
            part.keys().segment(segment(1, 5)),
            SealedHeader.Kind.SEGMENT,
            SummaryJson.toJson(WalSummary.EMPTY),
            part(segment(1, 5), 0, 500_000));

    assertThatThrownBy(() -> new WalArchive(part).read(segment(1, 5)))
        .isInstanceOfSatisfying(
            TidemarkException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.OBJECT_DAMAGED))
        .hasMessageContaining("500000");
  }

  @Test
  void callsASegmentUnderAnotherNameDamaged() {
    WalArchive archive = archive(memory, Compression.Algorithm.ZSTD);
    TestWal.put(archive, segment(1, 5));
    byte[] object =
        StoreReads.small(memory, "main/wal/00000001/00000000/" + segment(1, 5) + ".wal", 1 << 20);
    memory.putIfAbsent(
        "main/wal/00000001/00000000/" + segment(1, 6) + ".wal",
        Content.of(ByteBuffer.wrap(object)));

    assertThatThrownBy(() -> archive.read(segment(1, 6)))
        .isInstanceOfSatisfying(
            TidemarkException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.OBJECT_DAMAGED))
        .hasMessageContaining("address is 0/500000; expected 0/600000");
  }
}
