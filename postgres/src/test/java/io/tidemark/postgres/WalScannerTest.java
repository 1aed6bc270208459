package io.tidemark.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class WalScannerTest {
  private static final Lsn START = Lsn.parse("3/10000000");
  private final List<WalEvent> seen = new ArrayList<>();

  @ParameterizedTest
  @EnumSource
  void seesTheSameEventsHoweverTheBytesAreCutUp(PostgresMajor major) {
    long seed = System.nanoTime();
    System.out.println("seed " + seed);
    Random random = new Random(seed);
    WalGenerator generator = generator(major, 1, seed);
    for (int part = 0; part < 3; part++) {
      generator.randomRecords(400);
      generator.switchSegment();
      generator.promote();
    }
    generator.randomRecords(100);
    for (int round = 0; round < 20; round++) {
      seen.clear();
      WalScanner scanner = scanner(generator);
      feedInPieces(scanner, generator.bytes(), random, 1 + random.nextInt(30_000));
      assertThat(seen).as("seed %d", seed).isEqualTo(generator.events());
      assertThat(scanner.lastRecordEnd()).isEqualTo(generator.end());
      assertThat(scanner.endOfWal()).isEmpty();
    }
  }

  @Test
  void readsByteByByteAndFromADirectBuffer() {
    WalGenerator generator = generator(PostgresMajor.V17, 1, 42);
    generator.randomRecords(60);
    byte[] bytes = generator.bytes();
    WalScanner scanner = scanner(generator);
    for (int i = 0; i < bytes.length; i++) {
      scanner.feed(scanner.next(), bytes, i, 1);
    }
    assertThat(seen).isEqualTo(generator.events()).hasSizeGreaterThan(10);
    seen.clear();
    ByteBuffer direct = ByteBuffer.allocateDirect(bytes.length).put(bytes).flip();
    scanner(generator).feed(START, direct);
    assertThat(direct.hasRemaining()).isFalse();
    assertThat(seen).isEqualTo(generator.events());
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 16, 64})
  void readsSegmentsOfAnySize(int megabytes) {
    WalGenerator generator = generator(PostgresMajor.V16, megabytes, 7);
    generator.commit();
    generator.filler((megabytes << 20) + 12345);
    WalEvent last = generator.commit();
    scanner(generator).feed(START, ByteBuffer.wrap(generator.bytes()));
    assertThat(seen).hasSize(2).endsWith(last);
  }

  @Test
  void skipsTheRestOfASegmentAfterASwitch() {
    WalGenerator generator = generator(PostgresMajor.V18, 1, 1);
    generator.commit();
    generator.switchSegment();
    WalScanner scanner = scanner(generator);
    scanner.feed(START, ByteBuffer.wrap(generator.bytes()));
    assertThat(seen.getLast())
        .isInstanceOfSatisfying(
            WalEvent.SegmentSwitch.class, s -> assertThat(s.end()).isEqualTo(START.plus(1 << 20)));
    assertThat(scanner.lastRecordEnd()).isEqualTo(START.plus(1 << 20));
    assertThat(scanner.endOfWal()).isEmpty();
  }

  @Test
  void beginsAtAnyPageAndAtAnyRecord() {
    WalGenerator generator = generator(PostgresMajor.V15, 1, 99);
    generator.randomRecords(1000);
    byte[] bytes = generator.bytes();
    for (int page = 1; page < bytes.length / 8192; page++) {
      assertBeginsAt(generator, page * 8192);
    }
    for (WalEvent event : generator.events()) {
      assertBeginsAt(generator, (int) event.start().minus(START));
    }
  }

  private void assertBeginsAt(WalGenerator generator, int offset) {
    seen.clear();
    Lsn from = START.plus(offset);
    byte[] bytes = generator.bytes();
    WalScanner scanner = new WalScanner(generator.source(), from, seen::add);
    scanner.feed(from, bytes, offset, bytes.length - offset);
    assertThat(seen)
        .isEqualTo(generator.events().stream().filter(e -> e.start().isAtLeast(from)).toList());
    assertThat(scanner.lastRecordEnd()).isEqualTo(generator.end());
  }

  @Test
  void doesNotBeginInsideAPageHeader() {
    WalSource source = WalGenerator.source(PostgresMajor.V17, 16);
    assertThatThrownBy(() -> new WalScanner(source, START.plus(8), e -> {}))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("3/10000008");
  }

  @Test
  void goesOnAfterARecordThatACrashCutShort() {
    WalGenerator generator = generator(PostgresMajor.V17, 1, 5);
    generator.commit();
    generator.loseRecord();
    WalEvent after = generator.commit();
    scanner(generator).feed(START, ByteBuffer.wrap(generator.bytes()));
    assertThat(seen).isEqualTo(generator.events()).hasSize(3).endsWith(after);
  }

  @Test
  void readsPagesOfTheAncestorInTheSegmentOfANewTimeline() {
    WalGenerator generator = generator(PostgresMajor.V17, 1, 5);
    generator.filler(20_000);
    generator.promote();
    generator.filler(20_000);
    scanner(generator).feed(START, ByteBuffer.wrap(generator.bytes()));
    assertThat(seen).isEqualTo(generator.events()).hasSize(1);
    WalSource withoutHistory =
        new WalSource(
            PostgresMajor.V17,
            generator.source().systemId(),
            generator.source().segmentSize(),
            TimelineHistory.root(new Timeline(2)));
    assertInvalid(withoutHistory, generator.bytes(), "timeline is 1; expected 2", START);
  }

  @Test
  void saysWhereTheZerosAfterTheLastRecordBegin() {
    WalGenerator generator = generator(PostgresMajor.V17, 1, 5);
    generator.randomRecords(30);
    WalScanner scanner = scanner(generator);
    byte[] padded = generator.paddedBytes();
    scanner.feed(START, ByteBuffer.wrap(padded));
    assertThat(seen).isEqualTo(generator.events());
    assertThat(scanner.endOfWal()).contains(generator.end());
  }

  @Test
  void refusesWhatComesAfterTheZeros() {
    WalGenerator generator = generator(PostgresMajor.V17, 1, 5);
    generator.commit();
    byte[] padded = generator.paddedBytes();
    padded[500_000] = 1;
    assertInvalid(generator.source(), padded, "0x01; expected 0x00", START.plus(500_000));
  }

  @Test
  void findsTheEndOfValidWalInARecycledSegment() {
    WalGenerator old = generator(PostgresMajor.V17, 1, 1);
    old.filler(1_000_000);
    WalGenerator generator = generator(PostgresMajor.V17, 1, 2);
    for (int i = 0; i < 300; i++) {
      generator.randomRecords(1);
      byte[] file = old.paddedBytes();
      byte[] recent = generator.bytes();
      System.arraycopy(recent, 0, file, 0, Math.min(recent.length, file.length));
      if (recent.length < file.length) {
        assertThat(WalScanner.endOfValidWal(generator.source(), START, ByteBuffer.wrap(file)))
            .isEqualTo(generator.end());
      }
    }
  }

  @Test
  void findsTheEndBeforeARecordCutShort() {
    WalGenerator generator = generator(PostgresMajor.V17, 1, 2);
    generator.commit();
    Lsn end = generator.end();
    generator.filler(30_000);
    byte[] file = Arrays.copyOf(Arrays.copyOf(generator.bytes(), 17_000), 1 << 20);
    assertThat(WalScanner.endOfValidWal(generator.source(), START, ByteBuffer.wrap(file)))
        .isEqualTo(end);
    byte[] pages = Arrays.copyOf(Arrays.copyOf(generator.bytes(), 16_384), 1 << 20);
    WalScanner scanner = scanner(generator);
    scanner.feed(START, ByteBuffer.wrap(pages));
    assertThat(scanner.endOfWal()).contains(end);
  }

  @ParameterizedTest
  @CsvSource({
    // byte in the WAL, what the message must name
    "0, magic is 0xD1E9; expected 0xD116",
    "2, long page header is false; expected true",
    "3, flags is 0xFF02",
    "4, timeline is 254; expected 1",
    "8, address is 3/100000FF; expected 3/10000000",
    "24, system identifier is",
    "34, segment size is",
    "37, page size is",
    "8192, magic",
    "8196, timeline",
    "8200, address",
    "8208, the rest of a record",
    "8218, record's CRC",
    "40, the rest of a record",
    "43, record's length",
    "44, record's CRC",
    "64, record's CRC",
    "100, record's CRC",
  })
  void refusesAByteThatIsNotTheSource(int at, String message) {
    WalGenerator generator = generator(PostgresMajor.V17, 1, 3);
    generator.filler(10_000);
    generator.commit();
    byte[] bytes = generator.bytes();
    bytes[at] ^= (byte) 0xFF;
    assertInvalid(generator.source(), bytes, message, at < 40 ? START : null);
  }

  @Test
  void refusesARecordThatDoesNotLinkToTheOneBefore() {
    WalGenerator generator = generator(PostgresMajor.V17, 1, 3);
    generator.commit();
    WalEvent dropped = generator.commit();
    Lsn next = generator.commit().start();
    byte[] bytes = generator.bytes();
    int from = (int) next.minus(START);
    int to = (int) dropped.start().minus(START);
    byte[] moved = Arrays.copyOf(bytes, to + bytes.length - from);
    System.arraycopy(bytes, from, moved, to, bytes.length - from);
    assertInvalid(generator.source(), moved, "the record before", dropped.start());
  }

  @Test
  void refusesAnotherMajorsWal() {
    WalGenerator generator = generator(PostgresMajor.V16, 1, 3);
    generator.commit();
    WalSource expected = WalGenerator.source(PostgresMajor.V17, 1);
    assertInvalid(expected, generator.bytes(), "0xD113; expected 0xD116", START);
  }

  @Test
  void takesNothingOutOfOrder() {
    WalGenerator generator = generator(PostgresMajor.V17, 1, 3);
    generator.commit();
    WalScanner scanner = scanner(generator);
    assertThatThrownBy(() -> scanner.feed(START.plus(8), new byte[8], 0, 8))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("not 3/10000000");
  }

  private WalGenerator generator(PostgresMajor major, int megabytes, long seed) {
    return new WalGenerator(WalGenerator.source(major, megabytes), START, seed);
  }

  private WalScanner scanner(WalGenerator generator) {
    return new WalScanner(generator.source(), generator.start(), seen::add);
  }

  private static void feedInPieces(WalScanner scanner, byte[] bytes, Random random, int most) {
    int at = 0;
    while (at < bytes.length) {
      int n = Math.min(bytes.length - at, 1 + random.nextInt(most));
      scanner.feed(scanner.next(), bytes, at, n);
      at += n;
    }
  }

  private static void assertInvalid(
      WalSource source, byte[] bytes, String message, @Nullable Lsn at) {
    WalScanner scanner = new WalScanner(source, START, event -> {});
    assertThatThrownBy(() -> scanner.feed(START, bytes, 0, bytes.length))
        .isInstanceOfSatisfying(
            WalInvalidException.class,
            e -> {
              if (at != null) {
                assertThat(e.lsn()).isEqualTo(at);
              }
            })
        .hasMessageContaining(message);
    assertThatThrownBy(() -> scanner.feed(scanner.next(), new byte[1], 0, 1))
        .isInstanceOf(IllegalStateException.class);
  }
}
