package io.tidemark.repository;

import io.tidemark.postgres.Lsn;
import io.tidemark.postgres.Timeline;
import io.tidemark.postgres.WalSegment;
import io.tidemark.postgres.WalSegmentSize;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** What a key of the WAL archive names. */
sealed interface WalKey {
  record Segment(WalSegment segment) implements WalKey {}

  /** Offsets in the segment: {@code from} inclusive, {@code to} exclusive. */
  record Tail(WalSegment segment, long from, long to) implements WalKey {}

  record History(Timeline timeline) implements WalKey {}

  /** The index of the log that begins with {@code first}. */
  record Index(WalSegment first) implements WalKey {}

  record Gap(Timeline timeline, Lsn from, Lsn to) implements WalKey {}

  Pattern LOG = Pattern.compile("[0-9A-F]{8}");
  Pattern RANGE_8 = Pattern.compile("([0-9A-F]{8})-([0-9A-F]{8})");
  Pattern RANGE_16 = Pattern.compile("([0-9A-F]{16})-([0-9A-F]{16})\\.json");

  /** The segment of which this is content, if it is. */
  default Stream<WalSegment> segments() {
    return switch (this) {
      case Segment whole -> Stream.of(whole.segment());
      case Tail tail -> Stream.of(tail.segment());
      case History _, Index _, Gap _ -> Stream.empty();
    };
  }

  /** Reads a key under {@link Keys#timelines}; empty where nothing of the format has that name. */
  static Optional<WalKey> parse(Keys keys, String key, WalSegmentSize size) {
    if (!key.startsWith(keys.timelines())) {
      return Optional.empty();
    }
    String[] names = key.substring(keys.timelines().length()).split("/", -1);
    try {
      return switch (names.length) {
        case 2 -> names[1].equals(Keys.HISTORY) ? history(names[0]) : Optional.empty();
        case 3 ->
            switch (names[1]) {
              case Keys.INDEX -> index(names[0], names[2], size);
              case Keys.GAPS -> gap(names[0], names[2]);
              default -> segment(names[0], names[1], names[2], size);
            };
        case 4 -> tail(names[0], names[1], names[2], names[3], size);
        default -> Optional.empty();
      };
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
  }

  private static Optional<WalKey> history(String timeline) {
    return Optional.of(new History(Timeline.parseHex(timeline)));
  }

  private static Optional<WalKey> index(String timeline, String log, WalSegmentSize size) {
    return LOG.matcher(log).matches()
        ? Optional.of(new Index(WalSegment.parse(timeline + log + "00000000", size)))
        : Optional.empty();
  }

  private static Optional<WalKey> gap(String timeline, String name) {
    Matcher range = RANGE_16.matcher(name);
    if (!range.matches()) {
      return Optional.empty();
    }
    Lsn from = new Lsn(Long.parseUnsignedLong(range.group(1), 16));
    Lsn to = new Lsn(Long.parseUnsignedLong(range.group(2), 16));
    return from.isBefore(to)
        ? Optional.of(new Gap(Timeline.parseHex(timeline), from, to))
        : Optional.empty();
  }

  private static Optional<WalKey> segment(
      String timeline, String log, String name, WalSegmentSize size) {
    return named(timeline, log, name, Keys.SEGMENT_SUFFIX, size).map(Segment::new);
  }

  private static Optional<WalKey> tail(
      String timeline, String log, String group, String name, WalSegmentSize size) {
    Matcher range = RANGE_8.matcher(name);
    if (!range.matches()) {
      return Optional.empty();
    }
    long from = Long.parseLong(range.group(1), 16);
    long to = Long.parseLong(range.group(2), 16);
    return from < to && to <= size.bytes()
        ? named(timeline, log, group, Keys.TAILS_SUFFIX, size).map(s -> new Tail(s, from, to))
        : Optional.empty();
  }

  /** The segment that a name with {@code suffix} says, if it lies where that segment belongs. */
  private static Optional<WalSegment> named(
      String timeline, String log, String name, String suffix, WalSegmentSize size) {
    if (!name.endsWith(suffix)) {
      return Optional.empty();
    }
    WalSegment segment = WalSegment.parse(name.substring(0, name.length() - suffix.length()), size);
    return segment.timeline().hex().equals(timeline) && segment.log().equals(log)
        ? Optional.of(segment)
        : Optional.empty();
  }
}
