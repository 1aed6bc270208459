package io.tidemark.postgres;

import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * One WAL segment file of one timeline, named {@code TTTTTTTTLLLLLLLLSSSSSSSS} ({@code
 * XLogFileName} in PostgreSQL's xlog_internal.h).
 *
 * @param number which segment, counted from LSN 0, unsigned
 */
public record WalSegment(Timeline timeline, long number, WalSegmentSize size)
    implements Comparable<WalSegment> {
  private static final Pattern NAME = Pattern.compile("([0-9A-F]{8})([0-9A-F]{8})([0-9A-F]{8})");

  /** The segment that holds the byte at {@code lsn}. */
  public static WalSegment containing(Timeline timeline, Lsn lsn, WalSegmentSize size) {
    return new WalSegment(timeline, Long.divideUnsigned(lsn.value(), size.bytes()), size);
  }

  /** Whether {@code name} has the form of a segment's file name. */
  public static boolean isName(String name) {
    return NAME.matcher(name).matches();
  }

  /** Reads a segment's file name. Throws IllegalArgumentException for anything else. */
  public static WalSegment parse(String name, WalSegmentSize size) {
    Matcher matcher = NAME.matcher(name);
    if (!matcher.matches()) {
      throw new IllegalArgumentException("not a WAL segment's file name: '" + name + "'");
    }
    long log = Long.parseLong(matcher.group(2), 16);
    long inLog = Long.parseLong(matcher.group(3), 16);
    if (inLog >= size.segmentsPerLog()) {
      throw new IllegalArgumentException(
          "'"
              + name
              + "' is not a segment of "
              + size.bytes()
              + " bytes: its last part is too big");
    }
    return new WalSegment(
        Timeline.parseHex(matcher.group(1)), log * size.segmentsPerLog() + inLog, size);
  }

  /** The middle eight digits, under which segments are grouped. */
  public String log() {
    return hex(Long.divideUnsigned(number, size.segmentsPerLog()));
  }

  /** The file name. */
  public String name() {
    return timeline.hex() + log() + hex(Long.remainderUnsigned(number, size.segmentsPerLog()));
  }

  /** The address of its first byte. */
  public Lsn start() {
    return new Lsn(number * size.bytes());
  }

  /** The address after its last byte: the start of the next. */
  public Lsn end() {
    return next().start();
  }

  /** Whether the byte at {@code lsn} lies in it. */
  public boolean contains(Lsn lsn) {
    return Long.compareUnsigned(lsn.minus(start()), size.bytes()) < 0;
  }

  public WalSegment next() {
    return new WalSegment(timeline, number + 1, size);
  }

  /** The same stretch of WAL on another timeline. */
  public WalSegment on(Timeline other) {
    return new WalSegment(other, number, size);
  }

  /** By timeline, then by position. */
  @Override
  public int compareTo(WalSegment other) {
    int byTimeline = timeline.compareTo(other.timeline);
    return byTimeline != 0 ? byTimeline : Long.compareUnsigned(number, other.number);
  }

  @Override
  public String toString() {
    return name();
  }

  private static String hex(long value) {
    return String.format(Locale.ROOT, "%08X", value);
  }
}
