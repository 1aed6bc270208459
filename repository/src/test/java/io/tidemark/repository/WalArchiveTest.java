package io.tidemark.repository;

import static io.tidemark.repository.TestWal.content;
import static io.tidemark.repository.TestWal.part;
import static io.tidemark.repository.TestWal.segment;
import static io.tidemark.repository.TestWal.summary;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidemark.config.ErrorCode;
import io.tidemark.config.TidemarkException;
import io.tidemark.postgres.Lsn;
import io.tidemark.postgres.Timeline;
import io.tidemark.postgres.WalSegment;
import io.tidemark.postgres.WalSegmentSize;
import io.tidemark.store.Content;
import io.tidemark.store.MemoryStore;
import io.tidemark.store.PosixSettings;
import io.tidemark.store.PosixStore;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class WalArchiveTest {
  private static final int MIB = 1 << 20;
  private final MemoryStore store = new MemoryStore();
  private final ClusterRepository repository =
      ClusterRepository.create(
          store, "main", TestWal.identity(false), TestWal.options(Compression.Algorithm.ZSTD));
  private final WalArchive archive = repository.wal();

  @Test
  void readsASegmentAsItWasPut(@TempDir Path directory) {
    WalSegment segment = segment(1, 5);
    try (PosixStore posix = PosixStore.create(PosixSettings.of(directory.resolve("r")));
        ClusterRepository onDisk =
            ClusterRepository.create(
                posix,
                "main",
                TestWal.identity(false),
                TestWal.options(Compression.Algorithm.ZSTD))) {
      TestWal.put(onDisk.wal(), segment);

      assertThat(onDisk.wal().read(segment)).isEqualTo(new SegmentContent.Whole(content(segment)));
    }
  }

  @Test
  void handsOverASegmentPieceByPiece() {
    TestWal.put(archive, segment(1, 5));
    ByteBuffer all = ByteBuffer.allocate(MIB);

    assertThat(archive.readWhole(segment(1, 5), all::put)).isTrue();
    assertThat(all.flip()).isEqualTo(content(segment(1, 5)));
  }

  @Test
  void handsOverNothingOfASegmentThatIsNotWhole() {
    putTail(segment(1, 5), 0, 100_000);

    for (int number : new int[] {5, 6}) {
      boolean whole =
          archive.readWhole(
              segment(1, number),
              piece -> {
                throw new AssertionError("was given " + piece);
              });
      assertThat(whole).isFalse();
    }
  }

  @Test
  void handsOverNothingOfASegmentThatIsUnderAnotherName() throws IOException {
    TestWal.put(archive, segment(1, 5));
    String log = "main/wal/00000001/00000000/";
    try (InputStream five = store.get(log + "000000010000000000000005.wal")) {
      store.putIfAbsent(log + "000000010000000000000006.wal", Content.of(five.readAllBytes()));
    }

    assertThatThrownBy(
            () ->
                archive.readWhole(
                    segment(1, 6),
                    piece -> {
                      throw new AssertionError("was given " + piece);
                    }))
        .isInstanceOfSatisfying(
            TidemarkException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.OBJECT_DAMAGED))
        .hasMessageContaining("address is 0/500000; expected 0/600000");
  }

  @Test
  void saysThatASegmentIsAbsent() {
    assertThat(archive.read(segment(1, 5))).isEqualTo(new SegmentContent.Absent());
  }

  @Test
  void putsTheSameSegmentTwice() {
    TestWal.put(archive, segment(1, 5));
    TestWal.put(archive, segment(1, 5));

    assertThat(archive.read(segment(1, 5)))
        .isEqualTo(new SegmentContent.Whole(content(segment(1, 5))));
  }

  @Test
  void refusesAnotherContentUnderTheSameNameAndNamesBothWriters() {
    TestWal.put(archive, segment(1, 5));
    ByteBuffer other = content(segment(1, 5));
    other.put(777_777, (byte) 99);
    ClusterRepository elsewhere =
        ClusterRepository.open(
            store, "main", TestWal.options(Compression.Algorithm.LZ4, Optional.empty(), "there"));

    assertThatThrownBy(() -> elsewhere.wal().putSegment(segment(1, 5), other, summary(5)))
        .isInstanceOfSatisfying(
            TidemarkException.class,
            e -> assertThat(e.code()).isEqualTo(ErrorCode.CONTENT_CONFLICT))
        .hasMessageContaining("main/wal/00000001/00000000/000000010000000000000005.wal")
        .hasMessageContaining("here/42/0.1.0")
        .hasMessageContaining("there/42/0.1.0")
        .hasMessageContaining("differ first at byte 777777");
    assertThat(archive.read(segment(1, 5)))
        .isEqualTo(new SegmentContent.Whole(content(segment(1, 5))));
  }

  @Test
  void refusesASegmentOfAnotherCluster() {
    ByteBuffer foreign = content(segment(1, 5));
    foreign.putLong(24, 1234);

    assertThatThrownBy(() -> archive.putSegment(segment(1, 5), foreign, summary(5)))
        .isInstanceOfSatisfying(
            TidemarkException.class,
            e -> assertThat(e.code()).isEqualTo(ErrorCode.POSTGRES_DATA_INVALID))
        .hasMessageContaining("system identifier");
    assertThat(store.list("main/wal/")).isEmpty();
  }

  @Test
  void refusesASegmentUnderAnotherName() {
    assertThatThrownBy(() -> archive.putSegment(segment(1, 6), content(segment(1, 5)), summary(5)))
        .isInstanceOf(TidemarkException.class)
        .hasMessageContaining("address is 0/500000; expected 0/600000");
    assertThatThrownBy(() -> archive.putSegment(segment(1, 5), content(segment(2, 5)), summary(5)))
        .isInstanceOf(TidemarkException.class)
        .hasMessageContaining("timeline is 2; expected 1");
  }

  @Test
  void refusesASegmentOfAnotherLength() {
    assertThatIllegalArgumentException()
        .isThrownBy(
            () -> archive.putSegment(segment(1, 5), part(segment(1, 5), 0, 4096), summary(5)));
  }

  @Test
  void composesASegmentOfItsTails() {
    WalSegment segment = segment(1, 5);
    putTail(segment, 0, 100_000);
    putTail(segment, 90_000, 200_000);
    putTail(segment, 200_000, 300_001);

    SegmentContent read = archive.read(segment);

    ByteBuffer expected = ByteBuffer.allocate(MIB);
    expected.put(0, part(segment, 0, 300_001), 0, 300_001);
    assertThat(read)
        .isEqualTo(new SegmentContent.Composed(expected, segment.start().plus(300_001)));
  }

  @Test
  void composesOnlyUpToWhereTheTailsBreakOff() {
    WalSegment segment = segment(1, 5);
    putTail(segment, 0, 100_000);
    putTail(segment, 100_001, 200_000);

    assertThat(archive.read(segment))
        .isInstanceOfSatisfying(
            SegmentContent.Composed.class,
            composed -> {
              assertThat(composed.end()).isEqualTo(segment.start().plus(100_000));
              assertThat(composed.raw().slice(100_000, MIB - 100_000))
                  .isEqualTo(ByteBuffer.allocate(MIB - 100_000));
            });
  }

  @Test
  void isAbsentWhereNoTailBeginsTheSegment() {
    putTail(segment(1, 5), 10, 100_000);

    assertThat(archive.read(segment(1, 5))).isEqualTo(new SegmentContent.Absent());
  }

  @Test
  void prefersTheWholeSegmentToItsTails() {
    WalSegment segment = segment(1, 5);
    putTail(segment, 0, 100_000);
    TestWal.put(archive, segment);

    assertThat(archive.read(segment)).isEqualTo(new SegmentContent.Whole(content(segment)));
  }

  @Test
  void removesTailsOnlyOfASegmentThatIsThere() {
    WalSegment segment = segment(1, 5);
    putTail(segment, 0, 100_000);

    assertThatThrownBy(() -> archive.removeTails(segment)).hasMessageContaining("tails are kept");
    assertThat(store.list("main/wal/")).hasSize(1);

    TestWal.put(archive, segment);
    archive.removeTails(segment);
    assertThat(store.list("main/wal/")).hasSize(1);
    assertThat(archive.read(segment)).isEqualTo(new SegmentContent.Whole(content(segment)));
  }

  @Test
  void removesTheTailsThatWereLeftBesideWholeSegmentsAndNoOthers() {
    WalSegment whole = segment(1, 5);
    WalSegment open = segment(1, 6);
    putTail(whole, 0, 100_000);
    putTail(whole, 50_000, 200_000);
    putTail(open, 0, 100_000);
    TestWal.put(archive, whole);

    assertThat(archive.removeLeftTails()).isEqualTo(2);
    assertThat(store.list("main/wal/")).hasSize(2);
    assertThat(archive.read(open)).isInstanceOf(SegmentContent.Composed.class);
    assertThat(archive.removeLeftTails()).isZero();
  }

  @Test
  void refusesATailThatIsNotInItsSegment() {
    assertThatIllegalArgumentException()
        .isThrownBy(
            () ->
                archive.putTail(
                    segment(1, 5), new Lsn(6 * MIB - 1), ByteBuffer.allocate(2), summary(5)));
  }

  @Test
  void keepsHistoriesAsPostgresWroteThem() {
    byte[] file = "1\t0/5000148\tno recovery target specified\n".getBytes(StandardCharsets.UTF_8);

    assertThat(archive.historyFile(new Timeline(2))).isEmpty();
    assertThat(archive.history(new Timeline(2))).isEmpty();
    archive.putHistory(new Timeline(2), file);
    archive.putHistory(new Timeline(2), file);

    assertThat(archive.historyFile(new Timeline(2)))
        .hasValueSatisfying(f -> assertThat(f).isEqualTo(file));
    assertThat(archive.history(new Timeline(2)).orElseThrow().start())
        .isEqualTo(Lsn.parse("0/5000148"));
    assertThat(archive.history(new Timeline(1)).orElseThrow().switches()).isEmpty();
    assertThatThrownBy(
            () ->
                archive.putHistory(
                    new Timeline(2), "1\t0/6000148\tother\n".getBytes(StandardCharsets.UTF_8)))
        .isInstanceOfSatisfying(
            TidemarkException.class,
            e -> assertThat(e.code()).isEqualTo(ErrorCode.CONTENT_CONFLICT));
    assertThatThrownBy(
            () ->
                archive.putHistory(
                    new Timeline(3), "not a history".getBytes(StandardCharsets.UTF_8)))
        .isInstanceOfSatisfying(
            TidemarkException.class,
            e -> assertThat(e.code()).isEqualTo(ErrorCode.POSTGRES_DATA_INVALID));
  }

  @Test
  void takesStock() {
    for (long number : List.of(3, 4, 5, 8)) {
      TestWal.put(archive, segment(1, number));
    }
    putTail(segment(1, 9), 0, 4096);
    WalGap gap =
        new WalGap(
            TestWal.ONE,
            new Lsn(9 * MIB + 4096),
            new Lsn(11 * MIB),
            Instant.parse("2026-11-20T15:00:00Z"),
            "the slot was lost");
    archive.recordGap(gap);
    archive.recordGap(gap);

    WalInventory inventory = archive.inventory();

    WalInventory.TimelineInventory one = inventory.of(TestWal.ONE).orElseThrow();
    assertThat(one.stretches())
        .containsExactly(stretch(3 * MIB, 6 * MIB), stretch(8 * MIB, 9 * MIB + 4096));
    assertThat(one.gaps()).hasSize(2);
    assertThat(one.gaps().get(0).from()).isEqualTo(new Lsn(6 * MIB));
    assertThat(one.gaps().get(0).to()).isEqualTo(new Lsn(8 * MIB));
    assertThat(one.gaps().get(1)).isEqualTo(gap);
    assertThat(one.frontier()).contains(new Lsn(9 * MIB + 4096));
    assertThat(inventory.remarks()).isEmpty();
  }

  @Test
  void remarksWhatDoesNotBelongIntoTheArchive() {
    TestWal.put(archive, segment(1, 3));
    TestWal.put(archive, segment(2, 3));
    putForeign("main/wal/notes.txt");
    putForeign("main/wal/00000001/readme");
    putForeign("main/wal/00000001/00000000/000000010000000000000005.zst");
    putForeign("main/wal/00000001/00000000/000000010000000100000005.wal");
    putForeign("main/wal/00000001/gaps/x.json");

    WalInventory inventory = archive.inventory();

    assertThat(inventory.remarks())
        .satisfiesExactlyInAnyOrder(
            r -> assertThat(r).startsWith("main/wal/notes.txt"),
            r -> assertThat(r).startsWith("main/wal/00000001/readme"),
            r -> assertThat(r).contains("5.zst"),
            r -> assertThat(r).contains("100000005.wal"),
            r -> assertThat(r).contains("x.json"),
            r -> assertThat(r).isEqualTo("main/wal/00000002/history is missing"));
    assertThat(inventory.of(TestWal.ONE).orElseThrow().stretches())
        .containsExactly(stretch(3 * MIB, 4 * MIB));
  }

  @Test
  void summarizesSegmentsWholeAndOpen() {
    for (long number = 1; number < 20; number++) {
      TestWal.put(archive, segment(1, number));
    }
    archive.putTail(segment(1, 20), new Lsn(20 * MIB), part(segment(1, 20), 0, 5000), summary(20));

    List<SegmentSummary> all = archive.summaries(segment(1, 0), segment(1, 30));
    List<SegmentSummary> few = archive.summaries(segment(1, 19), segment(1, 21));

    assertThat(all).hasSize(20);
    assertThat(all.get(4))
        .isEqualTo(new SegmentSummary(segment(1, 5), new Lsn(6 * MIB), summary(5)));
    assertThat(few)
        .containsExactly(
            new SegmentSummary(segment(1, 19), new Lsn(20 * MIB), summary(19)),
            new SegmentSummary(segment(1, 20), new Lsn(20 * MIB + 5000), summary(20)));
  }

  @Test
  void keepsAHeaderSmallHoweverManyRestorePointsThereAre() {
    List<WalSummary.RestorePoint> points =
        IntStream.range(0, 5000)
            .mapToObj(
                i -> new WalSummary.RestorePoint("\u0001".repeat(63), new Lsn(i), TestWal.CREATED))
            .toList();
    WalSummary many = new WalSummary(0, Optional.empty(), Optional.empty(), 0, 0, points);

    archive.putSegment(segment(1, 5), content(segment(1, 5)), many);

    SegmentSummary read = archive.summaries(segment(1, 5), segment(1, 5)).getFirst();
    assertThat(read.summary().restorePoints()).isEqualTo(points.subList(0, 128));
    assertThat(read.restorePointsLeftOut()).isEqualTo(5000 - 128);
  }

  @Test
  void indexesALogOnlyWhenAllItsSegmentsAreThere() {
    ClusterIdentity large =
        new ClusterIdentity(
            TestWal.SYSTEM, 15, new WalSegmentSize(1 << 30), false, TestWal.CREATED);
    WalSegment last = new WalSegment(TestWal.ONE, 3, large.walSegmentSize());
    Part part =
        Part.of(
            store,
            new Keys("large"),
            large,
            TestWal.options(Compression.Algorithm.NONE),
            Optional.empty());
    for (int i = 1; i < 4; i++) {
      putHeader(part, new WalSegment(TestWal.ONE, i, large.walSegmentSize()));
    }
    WalArchive gibibytes = new WalArchive(part);

    gibibytes.sealLog(last);
    assertThat(store.head("large/wal/00000001/index/00000000")).isEmpty();

    putHeader(part, new WalSegment(TestWal.ONE, 0, large.walSegmentSize()));
    List<SegmentSummary> before =
        gibibytes.summaries(new WalSegment(TestWal.ONE, 0, last.size()), last);
    long bytes = gibibytes.storedBytes(TestWal.ONE);
    gibibytes.sealLog(last);
    gibibytes.sealLog(last);

    assertThat(store.head("large/wal/00000001/index/00000000")).isPresent();
    assertThat(
            gibibytes.summaries(
                new WalSegment(TestWal.ONE, 0, last.size()),
                new WalSegment(TestWal.ONE, 40, last.size())))
        .isEqualTo(before)
        .hasSize(4);
    assertThat(gibibytes.storedBytes(TestWal.ONE)).isEqualTo(bytes);
  }

  private static void putHeader(Part part, WalSegment segment) {
    SealedHeader header =
        part.sealed()
            .newHeader(
                SealedHeader.Kind.SEGMENT,
                OptionalLong.of(segment.size().bytes()),
                OptionalInt.of(0),
                Optional.empty(),
                SummaryJson.toJson(summary(segment.number())));
    part.store()
        .putIfAbsent(part.keys().segment(segment), Content.of(ByteBuffer.wrap(header.encode())));
  }

  private void putTail(WalSegment segment, int from, int to) {
    archive.putTail(segment, segment.start().plus(from), part(segment, from, to), WalSummary.EMPTY);
  }

  private void putForeign(String key) {
    store.putIfAbsent(key, Content.of(new byte[] {1}));
  }

  private static WalInventory.Stretch stretch(long from, long to) {
    return new WalInventory.Stretch(new Lsn(from), new Lsn(to));
  }

  @Test
  void keepsApartThatNoTablespaceWasMadeAndThatNobodyLooked() {
    WalSummary unknown = with(OptionalLong.empty());

    archive.putSegment(segment(1, 5), content(segment(1, 5)), with(OptionalLong.of(2)));
    archive.putSegment(segment(1, 6), content(segment(1, 6)), WalSummary.EMPTY);
    archive.putSegment(segment(1, 7), content(segment(1, 7)), unknown);

    assertThat(archive.summaries(segment(1, 5), segment(1, 7)))
        .extracting(each -> each.summary().tablespacesMade())
        .containsExactly(OptionalLong.of(2), OptionalLong.of(0), OptionalLong.empty());
    assertThat(with(OptionalLong.of(2)).plus(with(OptionalLong.of(1))).tablespacesMade())
        .hasValue(3);
    assertThat(unknown.plus(with(OptionalLong.of(1))).tablespacesMade()).isEmpty();
  }

  private static WalSummary with(OptionalLong tablespacesMade) {
    return new WalSummary(
        1,
        Optional.of(TestWal.CREATED),
        Optional.of(TestWal.CREATED),
        700,
        700,
        List.of(),
        tablespacesMade);
  }
}
