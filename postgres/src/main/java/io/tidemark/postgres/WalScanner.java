package io.tidemark.postgres;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * Reads WAL as it arrives, in pieces of any size, without I/O: checks each page's header against
 * the expected source, puts records together across pages and segments, checks each record's CRC
 * and its link to the record before, and tells of those that matter ({@link WalEvent}). Memory is
 * bounded by 1 MiB whatever the WAL holds. Any thread, but one at a time.
 *
 * <p>All as in PostgreSQL's xlogreader.c, but for what only a live server needs.
 */
public final class WalScanner {
  private static final int PAGE = WalPageHeader.PAGE_BYTES;
  private static final byte[] NOTHING = new byte[PAGE];

  /** What the next byte belongs to, unless a page begins with it. */
  private enum State {
    /** The first page: it may begin with the rest of a record that nobody has seen begin. */
    START,
    /** That rest. */
    SKIP_RECORD,
    HEADER,
    BODY,
    /** Between a record's end and the next multiple of eight. */
    PADDING,
    /** After a segment switch, up to the segment's end. */
    SKIP_SEGMENT,
    /** Zeros after the last record: the end of WAL so far as it is known. */
    ZEROS,
    /** Something was invalid. */
    FAILED
  }

  private final WalSource source;
  private final Consumer<WalEvent> events;
  private final WalEventDecoder decoder;
  private final WalRecord record = new WalRecord();
  private final byte[] pageHeader = new byte[WalPageHeader.LONG_BYTES];
  private int pageHeaderFill;
  private State state;
  private long position;
  private long toSkip;
  private long recordStart;
  private long lastStart;
  private long lastEnd;

  /**
   * @param start the first byte that will be fed: where a page begins (of a segment or any other),
   *     or where a record begins
   * @param events gets them in the order of their addresses, on the thread that feeds
   */
  public WalScanner(WalSource source, Lsn start, Consumer<WalEvent> events) {
    this.source = source;
    this.events = events;
    this.decoder = new WalEventDecoder(source.major());
    this.position = start.value();
    this.lastEnd = start.value();
    this.recordStart = start.value();
    boolean page = offsetInPage() == 0;
    if (!page && (offsetInPage() < WalPageHeader.SHORT_BYTES || (position & 7) != 0)) {
      throw new IllegalArgumentException("neither a page nor a record can begin at " + start);
    }
    this.state = page ? State.START : State.HEADER;
  }

  /** The address of the byte to be fed next. */
  public Lsn next() {
    return new Lsn(position);
  }

  /** The end of the last complete record, rounded up to 8; the start until there is one. */
  public Lsn lastRecordEnd() {
    return new Lsn(lastEnd);
  }

  /** The start of the last complete record, or empty until there is one. */
  public Optional<Lsn> lastRecordStart() {
    return lastStart == 0 ? Optional.empty() : Optional.of(new Lsn(lastStart));
  }

  /**
   * Where zeros took the place of the next record: the WAL that is known so far ends here. Empty
   * while records follow each other.
   */
  public Optional<Lsn> endOfWal() {
    return state == State.ZEROS ? Optional.of(lastRecordEnd()) : Optional.empty();
  }

  /**
   * Reads the bytes at {@code at}, which must be {@link #next}, and leaves the buffer consumed.
   * Throws WalInvalidException for bytes that are not the source's WAL, after the events of all
   * records before; nothing can be fed then.
   */
  public void feed(Lsn at, ByteBuffer data) {
    if (state == State.FAILED || at.value() != position) {
      throw new IllegalStateException(
          state == State.FAILED
              ? "WAL after " + at + " was invalid"
              : "fed " + at + ", not " + next());
    }
    ByteBuffer in = data.slice();
    try {
      while (in.hasRemaining()) {
        step(in);
      }
    } catch (WalInvalidException e) {
      state = State.FAILED;
      throw e;
    }
    data.position(data.limit());
  }

  /** As above, for a part of an array. */
  public void feed(Lsn at, byte[] data, int offset, int length) {
    feed(at, ByteBuffer.wrap(data, offset, length));
  }

  /**
   * Where the valid WAL in {@code data} ends, whatever follows: zeros, a record cut short, or what
   * an older use of the file left there.
   *
   * @param start the address of the first byte of {@code data}
   */
  public static Lsn endOfValidWal(WalSource source, Lsn start, ByteBuffer data) {
    WalScanner scanner = new WalScanner(source, start, event -> {});
    try {
      scanner.feed(start, data.slice());
    } catch (WalInvalidException e) {
      return scanner.lastRecordEnd();
    }
    return scanner.lastRecordEnd();
  }

  private void step(ByteBuffer in) {
    int before = in.position();
    switch (state) {
      case SKIP_SEGMENT -> skip(in, in.remaining());
      case ZEROS -> requireZeros(in);
      default -> {
        if (offsetInPage() == 0 || pageHeaderFill > 0) {
          takePageHeader(in);
        } else {
          takeContent(in, Math.min(in.remaining(), PAGE - offsetInPage()));
        }
      }
    }
    position += in.position() - before;
    settle();
  }

  private void takePageHeader(ByteBuffer in) {
    long page = position - pageHeaderFill;
    boolean first = source.segmentSize().offsetOf(new Lsn(page)) == 0;
    int bytes = first ? WalPageHeader.LONG_BYTES : WalPageHeader.SHORT_BYTES;
    int n = Math.min(bytes - pageHeaderFill, in.remaining());
    in.get(pageHeader, pageHeaderFill, n);
    pageHeaderFill += n;
    if (pageHeaderFill == bytes) {
      pageHeaderFill = 0;
      endPageHeader(new Lsn(page), bytes);
    }
  }

  private void endPageHeader(Lsn page, int bytes) {
    if (Arrays.equals(pageHeader, 0, bytes, NOTHING, 0, bytes)) {
      state = State.ZEROS;
      return;
    }
    WalPageHeader header = WalPageHeader.decode(pageHeader, 0);
    source.verify(page, header);
    if (header.overwritesRecord(source.major())) {
      record.reset();
      state = State.HEADER;
    } else if (state == State.START) {
      toSkip = header.remaining();
      state = header.continuesRecord() ? State.SKIP_RECORD : State.HEADER;
    } else {
      verifyContinuation(page, header);
    }
  }

  private void verifyContinuation(Lsn page, WalPageHeader header) {
    long left = state == State.SKIP_RECORD ? toSkip : record.isPartial() ? record.left() : 0;
    long says = header.continuesRecord() ? header.remaining() : 0;
    if (says != left) {
      throw new WalInvalidException(
          page, "the rest of a record in the page", says + " bytes", left + " bytes");
    }
  }

  private void takeContent(ByteBuffer in, int available) {
    switch (state) {
      case SKIP_RECORD, PADDING -> skip(in, available);
      case BODY -> record.takeBody(in, available);
      default -> takeRecordHeader(in, available);
    }
  }

  private void skip(ByteBuffer in, int available) {
    int n = (int) Math.min(toSkip, available);
    in.position(in.position() + n);
    toSkip -= n;
  }

  private void takeRecordHeader(ByteBuffer in, int available) {
    if (!record.isPartial()) {
      recordStart = position;
    }
    record.takeHeader(in, available);
    if (!record.hasLength()) {
      return;
    }
    if (record.isEmpty()) {
      state = State.ZEROS;
    } else if (record.totalBytes() < WalRecord.HEADER_BYTES
        || record.totalBytes() > WalRecord.MAX_BYTES) {
      throw invalidRecord("the record's length", record.totalBytes(), "24 bytes to 1 GiB");
    } else if (record.hasHeader()) {
      verifyLink();
      record.beginBody();
      state = State.BODY;
    }
  }

  /** What a recycled segment still holds is often a valid record, of another place. */
  private void verifyLink() {
    if (lastStart != 0 && record.previous() != lastStart) {
      throw invalidRecord(
          "the address of the record before", new Lsn(record.previous()), new Lsn(lastStart));
    }
  }

  private void requireZeros(ByteBuffer in) {
    int n = Math.min(in.remaining(), NOTHING.length);
    int difference = in.slice(in.position(), n).mismatch(ByteBuffer.wrap(NOTHING, 0, n));
    if (difference >= 0) {
      throw new WalInvalidException(
          next().plus(difference),
          "a byte after the end of WAL at " + lastRecordEnd(),
          "0x%02X".formatted(in.get(in.position() + difference)),
          "0x00");
    }
    in.position(in.position() + n);
  }

  /** Goes on to the next state where this one has all its bytes. */
  private void settle() {
    switch (state) {
      case BODY -> {
        if (record.isComplete()) {
          endRecord();
        }
      }
      case SKIP_RECORD -> {
        if (toSkip == 0) {
          endAt(aligned(position), State.PADDING);
        }
      }
      case PADDING, SKIP_SEGMENT -> {
        if (toSkip == 0) {
          lastEnd = position;
          state = State.HEADER;
        }
      }
      default -> {}
    }
  }

  private void endRecord() {
    int crc = record.computeCrc();
    if (crc != record.crc()) {
      throw invalidRecord(
          "the record's CRC", "0x%08X".formatted(record.crc()), "0x%08X".formatted(crc));
    }
    boolean isSwitch = WalEventDecoder.isSwitch(record);
    long end = isSwitch ? segmentEnd() : aligned(position);
    decoder.decode(record, new Lsn(recordStart), new Lsn(end)).ifPresent(events);
    lastStart = recordStart;
    record.reset();
    endAt(end, isSwitch ? State.SKIP_SEGMENT : State.PADDING);
  }

  private void endAt(long end, State skipping) {
    lastEnd = aligned(position);
    toSkip = end - position;
    state = toSkip == 0 ? State.HEADER : skipping;
  }

  private WalInvalidException invalidRecord(String what, Object found, Object expected) {
    return new WalInvalidException(new Lsn(recordStart), what, found, expected);
  }

  private long segmentEnd() {
    long size = source.segmentSize().bytes();
    return (position + size - 1) & -size;
  }

  private int offsetInPage() {
    return (int) (position & (PAGE - 1));
  }

  private static long aligned(long position) {
    return (position + 7) & -8;
  }
}
