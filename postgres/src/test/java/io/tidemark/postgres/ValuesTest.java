package io.tidemark.postgres;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidemark.config.TidemarkException;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Lsn, Timeline, WalSegment, TimelineHistory, SystemId, PostgresMajor. */
class ValuesTest {
  private static final WalSegmentSize MEGABYTE = new WalSegmentSize(1 << 20);

  @ParameterizedTest
  @CsvSource({
    "0/0, 0",
    "0/1, 1",
    "16/B374D848, 97500059720",
    "1/0, 4294967296",
    "FFFFFFFF/FFFFFFFF, -1"
  })
  void lsnReadsAndWritesPostgresText(String text, long value) {
    assertThat(Lsn.parse(text)).isEqualTo(new Lsn(value)).hasToString(text);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "/", "0", "0/", "/0", "0/123456789", "-1/0", "0/-1", "0/x", "0/0/0", " 0/0"})
  void lsnRefusesWhatIsNone(String text) {
    assertThatThrownBy(() -> Lsn.parse(text)).isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void lsnsCompareUnsigned() {
    Lsn high = Lsn.parse("80000000/0");
    Lsn low = Lsn.parse("1/0");
    assertThat(high.isAfter(low)).isTrue();
    assertThat(low.isBefore(high)).isTrue();
    assertThat(high.isAtLeast(high)).isTrue();
    assertThat(Lsn.max(low, high)).isEqualTo(high);
    assertThat(Lsn.parse("0/3002018").withoutPageHeader()).hasToString("0/3002000");
    assertThat(Lsn.parse("0/3000028").withoutPageHeader()).hasToString("0/3000000");
    assertThat(Lsn.parse("0/3002028").withoutPageHeader()).hasToString("0/3002028");
    assertThat(Lsn.parse("0/3002000").withoutPageHeader()).hasToString("0/3002000");
    assertThat(Lsn.min(low, high)).isEqualTo(low);
    assertThat(low.plus(8).minus(low)).isEqualTo(8);
  }

  @ParameterizedTest
  @CsvSource({
    "000000010000000000000001, 16, 1, 0/1000000, 00000000",
    "0000000A00000002000000FF, 16, 10, 2/FF000000, 00000002",
    "000000010000000000000FFF, 1, 1, 0/FFF00000, 00000000",
    "00000001FFFFFFFF00000003, 1024, 1, FFFFFFFF/C0000000, FFFFFFFF",
  })
  void segmentNamesSayWhereTheyBegin(
      String name, int megabytes, int timeline, String start, String log) {
    WalSegmentSize size = new WalSegmentSize(megabytes << 20);
    WalSegment segment = WalSegment.parse(name, size);
    assertThat(segment.start()).isEqualTo(Lsn.parse(start));
    assertThat(segment.timeline()).isEqualTo(new Timeline(timeline));
    assertThat(segment.log()).isEqualTo(log);
    assertThat(segment).hasToString(name);
    assertThat(WalSegment.containing(segment.timeline(), segment.start(), size)).isEqualTo(segment);
    assertThat(WalSegment.containing(segment.timeline(), segment.end().plus(-1), size))
        .isEqualTo(segment);
    assertThat(segment.contains(segment.start())).isTrue();
  }

  @Test
  void theSegmentAfterTheLastOfALogIsTheFirstOfTheNext() {
    WalSegment last = WalSegment.parse("0000000100000000000000FF", WalSegmentSize.DEFAULT);
    assertThat(last.next().name()).isEqualTo("000000010000000100000000");
    assertThat(last.contains(last.end())).isFalse();
    assertThat(last.on(new Timeline(2)).name()).isEqualTo("0000000200000000000000FF");
    assertThat(last).isLessThan(last.next()).isLessThan(last.on(new Timeline(2)));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "000000010000000000000100",
        "00000001000000000000000",
        "00000001000000000000000g",
        "00000000000000000000000A",
        "000000010000000000000001.partial",
        "00000002.history"
      })
  void refusesWhatIsNoSegmentName(String name) {
    assertThatThrownBy(() -> WalSegment.parse(name, WalSegmentSize.DEFAULT))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, -1, 1 << 19, 3 << 20, Integer.MIN_VALUE, Integer.MAX_VALUE})
  void refusesSegmentSizesThatInitdbRefuses(int bytes) {
    assertThatThrownBy(() -> new WalSegmentSize(bytes))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void offsetsInASegmentAreUnsigned() {
    assertThat(MEGABYTE.offsetOf(Lsn.parse("80000000/00100007"))).isEqualTo(7);
    assertThat(MEGABYTE.segmentsPerLog()).isEqualTo(4096);
  }

  @Test
  void historySaysOnWhichTimelineEachByteLies() {
    TimelineHistory history =
        TimelineHistory.parse(
            new Timeline(5),
            """
            1\t0/A000198\tno recovery target specified

            # a comment
            3\t0/C000000\tbefore 2026-11-20 12:00:00+00
            """
                .getBytes(UTF_8));
    assertThat(history.timelineAt(Lsn.ZERO)).isEqualTo(new Timeline(1));
    assertThat(history.timelineAt(Lsn.parse("0/A000197"))).isEqualTo(new Timeline(1));
    assertThat(history.timelineAt(Lsn.parse("0/A000198"))).isEqualTo(new Timeline(3));
    assertThat(history.timelineAt(Lsn.parse("0/C000000"))).isEqualTo(new Timeline(5));
    assertThat(history.start()).isEqualTo(Lsn.parse("0/C000000"));
    assertThat(history.parent()).contains(new Timeline(3));
    assertThat(history.switches().getLast().reason()).startsWith("before 2026");
    assertThat(history.leadsFrom(new Timeline(1), Lsn.parse("0/A000198"))).isTrue();
    assertThat(history.leadsFrom(new Timeline(1), Lsn.parse("0/A000199"))).isFalse();
    assertThat(history.leadsFrom(new Timeline(2), Lsn.ZERO)).isFalse();
    assertThat(history.leadsFrom(new Timeline(5), Lsn.parse("F/0"))).isTrue();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "1",
        "x\t0/1\t",
        "2\t0/1\t\n1\t0/2\t",
        "1\t0/2\t\n2\t0/1\t",
        "5\t0/1\t",
        "0\t0/1\t"
      })
  void refusesHistoriesThatDoNotAscend(String file) {
    assertThatThrownBy(() -> TimelineHistory.parse(new Timeline(5), file.getBytes(UTF_8)))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void timelinesAreHexadecimalInNames() {
    assertThat(new Timeline(26).historyFileName()).isEqualTo("0000001A.history");
    assertThat(Timeline.parseHex("0000001A")).isEqualTo(new Timeline(26));
    assertThatThrownBy(() -> Timeline.parseHex("1A")).isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> new Timeline(0)).isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void systemIdsAreUnsignedDecimals() {
    assertThat(SystemId.parse("18446744073709551615")).isEqualTo(new SystemId(-1));
    assertThat(new SystemId(-1)).hasToString("18446744073709551615");
  }

  @Test
  void walRangesFollowTheHistoryNewestFirst() {
    TimelineHistory history =
        TimelineHistory.parse(new Timeline(4), "1\t0/10\ta\n2\t0/20\tb\n".getBytes(UTF_8));
    assertThat(WalRange.between(history, new Timeline(2), new Lsn(0x18), new Lsn(0x30)))
        .containsExactly(
            new WalRange(new Timeline(4), new Lsn(0x20), new Lsn(0x30)),
            new WalRange(new Timeline(2), new Lsn(0x18), new Lsn(0x20)));
    assertThat(WalRange.between(history, new Timeline(4), new Lsn(0x28), new Lsn(0x30)))
        .isEqualTo(List.of(new WalRange(new Timeline(4), new Lsn(0x28), new Lsn(0x30))));
    assertThatThrownBy(() -> WalRange.between(history, new Timeline(3), new Lsn(1), new Lsn(0x30)))
        .hasMessageContaining("timeline 3 is not in the history of 4");
  }

  @ParameterizedTest
  @EnumSource
  void everyMajorIsFoundByEachOfItsNumbers(PostgresMajor major) {
    assertThat(PostgresMajor.of(major.number())).isEqualTo(major);
    assertThat(PostgresMajor.ofCatalogVersion(major.catalogVersion())).contains(major);
    assertThat(PostgresMajor.ofWalMagic(major.walMagic())).contains(major);
    assertThat(PostgresMajor.ofVersionFile(major.number() + "\n")).isEqualTo(major);
  }

  @ParameterizedTest
  @ValueSource(strings = {"14\n", "9.6\n", "", "fifteen"})
  void refusesVersionFilesOfOthers(String content) {
    assertThatThrownBy(() -> PostgresMajor.ofVersionFile(content))
        .isInstanceOf(TidemarkException.class)
        .hasMessageContaining("15, 16, 17, 18");
  }

  @Test
  void postgresTimeCountsMicrosecondsFrom2000() {
    Instant instant = Instant.parse("2026-11-20T15:02:12.123456Z");
    assertThat(PostgresTime.toInstant(PostgresTime.toMicros(instant))).isEqualTo(instant);
    assertThat(PostgresTime.toInstant(1)).isEqualTo("2000-01-01T00:00:00.000001Z");
    assertThat(PostgresTime.toInstant(-1)).isEqualTo("1999-12-31T23:59:59.999999Z");
  }
}
