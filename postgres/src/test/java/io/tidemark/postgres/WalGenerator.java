package io.tidemark.postgres;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.zip.CRC32C;

/**
 * Makes WAL that PostgreSQL would accept as its own: the scanner's twin. Records go one after the
 * other through pages and segments; each method that writes one that makes an event adds that event
 * to {@link #events}. Everything random comes from the seed.
 */
public final class WalGenerator {
  private static final int PAGE = WalPageHeader.PAGE_BYTES;
  private static final int HEADER = WalRecord.HEADER_BYTES;
  private static final int CONTINUES = 0x1;
  private static final int LONG = 0x2;
  private static final int RM_XLOG = 0;
  private static final int RM_XACT = 1;
  private static final int RM_TABLESPACE = 5;
  private static final int RM_HEAP = 10;
  private static final int NOOP = 0x20;

  private final PostgresMajor major;
  private final SystemId systemId;
  private final WalSegmentSize segmentSize;
  private final Lsn start;
  private final Random random;
  private final List<WalEvent> events = new ArrayList<>();
  private TimelineHistory history;
  private byte[] bytes = new byte[1 << 20];
  private int length;
  private long lastStart;
  private long nextXid = 700;
  private Instant clock = Instant.parse("2026-11-20T12:00:00.000001Z");

  /** WAL that begins with the first page of the segment at {@code start}. */
  public WalGenerator(WalSource source, Lsn start, long seed) {
    if (source.segmentSize().offsetOf(start) != 0) {
      throw new IllegalArgumentException(start + " is not the start of a segment");
    }
    this.major = source.major();
    this.systemId = source.systemId();
    this.segmentSize = source.segmentSize();
    this.history = source.history();
    this.start = start;
    this.random = new Random(seed);
  }

  /** A source for tests that do not care which. */
  public static WalSource source(PostgresMajor major, int segmentMegabytes) {
    return new WalSource(
        major,
        new SystemId(0x6B8A_1234_5678_9ABCL),
        new WalSegmentSize(segmentMegabytes << 20),
        TimelineHistory.root(new Timeline(1)));
  }

  /** What a scanner of this WAL must expect; changes with {@link #promote}. */
  public WalSource source() {
    return new WalSource(major, systemId, segmentSize, history);
  }

  /** The address of the first byte. */
  public Lsn start() {
    return start;
  }

  /** Where the last record ends. */
  public Lsn end() {
    return start.plus(length);
  }

  /** The events of all records so far, in order. */
  public List<WalEvent> events() {
    return List.copyOf(events);
  }

  /** All bytes from the start to the end. */
  public byte[] bytes() {
    return Arrays.copyOf(bytes, length);
  }

  /** As a file would hold them: filled up with zeros to whole segments. */
  public byte[] paddedBytes() {
    int size = segmentSize.bytes();
    return Arrays.copyOf(bytes, (length + size - 1) / size * size);
  }

  /** One segment, filled up with zeros. */
  public byte[] segment(WalSegment segment) {
    int from = (int) segment.start().minus(start);
    byte[] content = new byte[segmentSize.bytes()];
    System.arraycopy(bytes, from, content, 0, Math.min(content.length, length - from));
    return content;
  }

  /** A transaction's commit, at the next tick of a clock of its own. */
  public WalEvent.TransactionEnd commit() {
    return transaction(WalEventDecoder.COMMIT, nextXid++, new byte[0]);
  }

  /** A commit at a chosen time. */
  public WalEvent.TransactionEnd commit(Instant at) {
    clock = at.minusMillis(1);
    return commit();
  }

  public WalEvent.TransactionEnd abort() {
    return transaction(WalEventDecoder.ABORT, nextXid++, new byte[0]);
  }

  /** {@code COMMIT PREPARED} of a transaction with that many subtransactions and dropped files. */
  public WalEvent.TransactionEnd commitPrepared(int subtransactions, int droppedFiles) {
    int item = major.droppedStatsItemBytes();
    ByteBuffer info =
        allocate(
            4 + 8 + 4 + 4 * subtransactions + 4 + 12 * droppedFiles + 4 + item + 4 + 16 + 4 + 6);
    info.putInt(1 | 1 << 1 | 1 << 2 | 1 << 8 | 1 << 3 | 1 << 4 | 1 << 7);
    info.putLong(random.nextLong());
    putItems(info, subtransactions, 4);
    putItems(info, droppedFiles, 12);
    putItems(info, 1, item);
    putItems(info, 1, 16);
    long xid = nextXid++;
    info.putInt((int) xid).put("gid-1\0".getBytes(StandardCharsets.UTF_8));
    return transaction(WalEventDecoder.COMMIT_PREPARED | 0x80, xid, content(info));
  }

  public WalEvent.RestorePoint restorePoint(String name) {
    byte[] text = Arrays.copyOf(name.getBytes(StandardCharsets.UTF_8), 64);
    Instant at = tick();
    ByteBuffer data = allocate(72).putLong(PostgresTime.toMicros(at)).put(text);
    Placed placed = write(RM_XLOG, WalEventDecoder.RESTORE_POINT, 0, content(data));
    return add(new WalEvent.RestorePoint(placed.start, placed.end, name, at));
  }

  /** {@code CREATE TABLESPACE}. */
  public WalEvent.TablespaceMade tablespace(long oid, String location) {
    byte[] text = location.getBytes(StandardCharsets.UTF_8);
    ByteBuffer data = allocate(4 + text.length + 1).putInt((int) oid).put(text);
    Placed placed = write(RM_TABLESPACE, WalEventDecoder.TABLESPACE_MADE, 0, content(data));
    return add(new WalEvent.TablespaceMade(placed.start, placed.end, oid, location));
  }

  /** A checkpoint that began where the last record ends. */
  public WalEvent.Checkpoint checkpoint(boolean shutdown) {
    int timeline = history.timeline().id();
    Lsn redo = end();
    ByteBuffer data = allocate(88).putLong(redo.value()).putInt(timeline).putInt(timeline);
    int operation =
        shutdown ? WalEventDecoder.CHECKPOINT_SHUTDOWN : WalEventDecoder.CHECKPOINT_ONLINE;
    Placed placed = write(RM_XLOG, operation, 0, content(data));
    return add(
        new WalEvent.Checkpoint(
            placed.start,
            placed.end,
            shutdown,
            redo,
            new Timeline(timeline),
            new Timeline(timeline)));
  }

  public WalEvent.BackupEnd backupEnd(Lsn backupStart) {
    ByteBuffer data = allocate(8).putLong(backupStart.value());
    Placed placed = write(RM_XLOG, WalEventDecoder.BACKUP_END, 0, content(data));
    return add(new WalEvent.BackupEnd(placed.start, placed.end, backupStart));
  }

  /** A record that makes no event, with a body of that many random bytes. */
  public void filler(int bodyBytes) {
    byte[] body = new byte[bodyBytes];
    random.nextBytes(body);
    writeBody(RM_HEAP, random.nextInt(16) << 4, (int) nextXid, body);
  }

  /** {@code XLOG_NOOP}, of that many bytes of data. */
  public void noop(int dataBytes) {
    write(RM_XLOG, NOOP, 0, new byte[dataBytes]);
  }

  /** {@code pg_switch_wal}: as there, nothing at the very start of a segment. */
  public void switchSegment() {
    if (segmentSize.offsetOf(end()) == 0) {
      return;
    }
    Placed placed = writeBody(RM_XLOG, WalEventDecoder.SWITCH, 0, new byte[0]);
    int size = segmentSize.bytes();
    int to = (length + size - 1) / size * size;
    ensure(to - length);
    length = to;
    add(new WalEvent.SegmentSwitch(placed.start, end()));
  }

  /** A new timeline begins here; pages begun from now on belong to it. */
  public WalEvent.EndOfRecovery promote() {
    Timeline before = history.timeline();
    Timeline after = new Timeline(before.id() + 1);
    List<TimelineHistory.Switch> switches = new ArrayList<>(history.switches());
    switches.add(new TimelineHistory.Switch(before, end(), "no recovery target specified"));
    history = new TimelineHistory(after, switches);
    Instant at = tick();
    ByteBuffer data = allocate(20).putLong(PostgresTime.toMicros(at));
    data.putInt(after.id()).putInt(before.id()).putInt(1);
    Placed placed = write(RM_XLOG, WalEventDecoder.END_OF_RECOVERY, 0, content(data));
    return add(new WalEvent.EndOfRecovery(placed.start, placed.end, after, before, at));
  }

  /** A crash loses all but the first page of a long record; the next start marks that. */
  public WalEvent.OverwrittenRecord loseRecord() {
    long linkTo = lastStart;
    Placed lost = writeBody(RM_HEAP, 0, 1, new byte[3 * PAGE]);
    int firstPage = (int) (lost.start.value() & -PAGE) - (int) start.value() + PAGE;
    Arrays.fill(bytes, firstPage, length, (byte) 0);
    length = firstPage;
    lastStart = linkTo;
    startPage(major.overwriteFlag(), 0);
    Instant at = tick();
    ByteBuffer data = allocate(16).putLong(lost.start.value()).putLong(PostgresTime.toMicros(at));
    Placed placed = write(RM_XLOG, WalEventDecoder.OVERWRITE_CONTRECORD, 0, content(data));
    return add(new WalEvent.OverwrittenRecord(placed.start, placed.end, lost.start, at));
  }

  /** That many records of all kinds, mostly small. */
  public void randomRecords(int count) {
    for (int i = 0; i < count; i++) {
      switch (random.nextInt(20)) {
        case 0 -> abort();
        case 1 -> restorePoint("point " + random.nextInt(1000));
        case 2 -> checkpoint(random.nextBoolean());
        case 3 -> commitPrepared(random.nextInt(500), random.nextInt(20));
        case 4 -> filler(random.nextInt(40_000));
        case 5 -> noop(random.nextInt(9000));
        case 10 -> tablespace(16_384 + i, "/" + "x".repeat(random.nextInt(1023)));
        case 6, 7, 8, 9 -> commit();
        default -> filler(random.nextInt(200));
      }
    }
  }

  private record Placed(Lsn start, Lsn end) {}

  private WalEvent.TransactionEnd transaction(int info, long xid, byte[] rest) {
    Instant at = tick();
    ByteBuffer data = allocate(8 + rest.length).putLong(PostgresTime.toMicros(at)).put(rest);
    boolean prepared = (info & 0x70) == WalEventDecoder.COMMIT_PREPARED;
    Placed placed = write(RM_XACT, info, prepared ? 0 : (int) xid, content(data));
    return add(
        new WalEvent.TransactionEnd(
            placed.start, placed.end, xid, at, (info & 0x70) != WalEventDecoder.ABORT, false));
  }

  private <E extends WalEvent> E add(E event) {
    events.add(event);
    return event;
  }

  private Instant tick() {
    clock = clock.plusMillis(1 + random.nextInt(50));
    return clock;
  }

  private void putItems(ByteBuffer to, int count, int bytesEach) {
    byte[] items = new byte[count * bytesEach];
    random.nextBytes(items);
    to.putInt(count).put(items);
  }

  /** Puts the headers of the parts before the main data, sometimes also of parts that may be. */
  private Placed write(int resourceManager, int info, int xid, byte[] data) {
    ByteBuffer body = allocate(13 + data.length);
    if (random.nextBoolean()) {
      body.put((byte) 253).putShort((short) 1);
    }
    if (random.nextBoolean()) {
      body.put((byte) 252).putInt(xid);
    }
    if (data.length < 256) {
      body.put((byte) 255).put((byte) data.length);
    } else {
      body.put((byte) 254).putInt(data.length);
    }
    body.put(data);
    return writeBody(resourceManager, info, xid, Arrays.copyOf(content(body), body.position()));
  }

  private Placed writeBody(int resourceManager, int info, int xid, byte[] body) {
    if (length % PAGE == 0) {
      startPage(0, 0);
    }
    Lsn at = end();
    ByteBuffer record = allocate(HEADER + body.length);
    record.putInt(HEADER + body.length).putInt(xid).putLong(lastStart);
    record.put((byte) info).put((byte) resourceManager).putShort((short) 0);
    record.putInt(crc(content(record), body)).put(body);
    lastStart = at.value();
    append(content(record));
    length = (length + 7) & -8;
    return new Placed(at, end());
  }

  private static int crc(byte[] header, byte[] body) {
    CRC32C crc = new CRC32C();
    crc.update(body, 0, body.length);
    crc.update(header, 0, 20);
    return (int) crc.getValue();
  }

  private void append(byte[] record) {
    int done = 0;
    while (done < record.length) {
      if (length % PAGE == 0) {
        startPage(CONTINUES, record.length - done);
      }
      int n = Math.min(record.length - done, PAGE - length % PAGE);
      ensure(n + 8);
      System.arraycopy(record, done, bytes, length, n);
      length += n;
      done += n;
    }
  }

  private void startPage(int flags, int remaining) {
    ensure(WalPageHeader.LONG_BYTES);
    boolean first = segmentSize.offsetOf(end()) == 0;
    ByteBuffer header = allocate(WalPageHeader.LONG_BYTES);
    header.putShort((short) major.walMagic()).putShort((short) (flags | (first ? LONG : 0)));
    header.putInt(history.timelineAt(end()).id()).putLong(end().value());
    header.putInt(remaining).putInt(0);
    header.putLong(systemId.value()).putInt(segmentSize.bytes()).putInt(PAGE);
    int size = first ? WalPageHeader.LONG_BYTES : WalPageHeader.SHORT_BYTES;
    System.arraycopy(content(header), 0, bytes, length, size);
    length += size;
  }

  private void ensure(int more) {
    if (length + more > bytes.length) {
      bytes = Arrays.copyOf(bytes, 2 * (length + more));
    }
  }

  private static ByteBuffer allocate(int size) {
    return ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
  }

  /** All bytes of a buffer, written or still zero. */
  private static byte[] content(ByteBuffer buffer) {
    byte[] content = new byte[buffer.capacity()];
    buffer.get(0, content);
    return content;
  }
}
