package io.tidemark.walarchiver;

import io.tidemark.config.ErrorCode;
import io.tidemark.config.TidemarkException;
import io.tidemark.postgres.Lsn;
import io.tidemark.postgres.Timeline;
import io.tidemark.postgres.WalSegment;
import io.tidemark.repository.WalSummary;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Optional;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * Complete segments that are safe in the spool, on their way into the repository: begun in order, a
 * few at once, each read from its file only then. So an outage of the store costs disk and no
 * memory, and a broken stream neither loses nor waits for them. For any thread.
 */
final class SpoolDrain implements AutoCloseable {
  private final ArchiverContext context;
  private final Spool spool;
  private final Uploader uploader;
  private final Upkeep upkeep;
  private final ConcurrentLinkedQueue<WalSegment> returned = new ConcurrentLinkedQueue<>();

  // All guarded by this object's monitor.
  private final ArrayDeque<Entry> unfinished = new ArrayDeque<>();
  private final ArrayDeque<Entry> waiting = new ArrayDeque<>();
  private @Nullable Entry newest;
  private int underWay;
  private boolean closed;

  /**
   * A segment on its way.
   *
   * @param crc32c of its bytes as they were received
   * @param stored whether it is in the repository; shared with who may have a tail under way
   * @param hasTails whether the archive may hold tails of it
   */
  record Entry(
      WalSegment segment, WalSummary summary, int crc32c, AtomicBoolean stored, boolean hasTails) {
    static Entry of(OpenSegment complete) {
      OpenSegment.Part all = complete.all();
      return new Entry(
          all.segment(),
          all.summary(),
          SpoolDrain.checksum(all.raw()),
          complete.stored(),
          complete.hasTails());
    }
  }

  SpoolDrain(ArchiverContext context, Spool spool) {
    this.context = context;
    this.spool = spool;
    this.uploader = context.uploader();
    this.upkeep = new Upkeep(context.archive(), uploader);
  }

  Spool spool() {
    return spool;
  }

  /** Takes a segment of which the spool has every byte on disk. */
  synchronized void add(Entry entry) {
    if (unfinished.stream().anyMatch(each -> each.segment().equals(entry.segment()))) {
      // A stream that had lost an earlier one received it again.
      return;
    }
    removeNewestIfStored();
    newest = entry;
    unfinished.add(entry);
    waiting.add(entry);
    pump();
  }

  /** Begins what may begin now. */
  synchronized void pump() {
    while (!closed && !waiting.isEmpty() && underWay < context.settings().uploads()) {
      Optional<ByteBuffer> buffer = context.pool().takeSpare();
      if (buffer.isEmpty()) {
        return;
      }
      begin(waiting.remove(), buffer.get());
    }
  }

  /** The next that has reached the repository, or null. */
  @Nullable WalSegment poll() {
    return returned.poll();
  }

  /** Where the first begins that is not in the repository, if it is of this timeline. */
  synchronized Optional<Lsn> oldest(Timeline timeline) {
    return Optional.ofNullable(unfinished.peek())
        .map(Entry::segment)
        .filter(segment -> segment.timeline().equals(timeline))
        .map(WalSegment::start);
  }

  /** The bytes of the segment that was added last, for who goes on behind it. */
  synchronized Optional<ByteBuffer> newest(WalSegment wanted) {
    Entry entry = newest;
    if (entry == null || !entry.segment().equals(wanted)) {
      return Optional.empty();
    }
    try {
      ByteBuffer bytes = ByteBuffer.allocate(wanted.size().bytes());
      read(entry, bytes);
      return Optional.of(bytes);
    } catch (TidemarkException e) {
      context.listener().on(new ArchiverEvent.SpoolFailed(e));
      return Optional.empty();
    }
  }

  synchronized int size() {
    return unfinished.size();
  }

  /** Whether nothing at all is under way, not even what only tidies up. */
  boolean isDrained() {
    return size() == 0 && uploader.isIdle();
  }

  /** What ended all, if something did. */
  Optional<TidemarkException> failure() {
    return uploader.failure();
  }

  /** Gives up what is under way. The files stay for the next start. */
  @Override
  public synchronized void close() {
    closed = true;
    uploader.close();
    removeNewestIfStored();
  }

  private void begin(Entry entry, ByteBuffer buffer) {
    underWay++;
    uploader.start(
        new Uploader.Put(
            "segment " + entry.segment(),
            () -> put(entry, buffer),
            () -> false,
            () -> stored(entry),
            () -> ended(buffer)));
  }

  private void put(Entry entry, ByteBuffer buffer) {
    // The spool lets a segment go only when it is in the repository.
    if (spool.holds(entry.segment())) {
      read(entry, buffer);
      context.archive().putSegment(entry.segment(), buffer.asReadOnlyBuffer(), entry.summary());
    }
  }

  private void read(Entry entry, ByteBuffer buffer) {
    try {
      spool.read(entry.segment(), buffer.clear());
    } catch (IOException e) {
      throw Spool.failed(e);
    }
    if (checksum(buffer.flip()) != entry.crc32c()) {
      throw new TidemarkException(
          ErrorCode.LOCAL_IO,
          "segment " + entry.segment() + " in the spool is not what was written there",
          "The spool's disk is damaged. Take a new backup: the server may have removed that WAL");
    }
  }

  private void stored(Entry entry) {
    entry.stored().set(true);
    context.state().bytesPut.addAndGet(entry.segment().size().bytes());
    context.state().segmentsPut.incrementAndGet();
    context.listener().on(new ArchiverEvent.SegmentPut(entry.segment()));
    if (entry.hasTails()) {
      upkeep.removeTails(entry.segment());
    }
    advance(entry);
    returned.add(entry.segment());
  }

  private synchronized void advance(Entry stored) {
    if (!stored.equals(newest)) {
      spool.remove(stored.segment());
    }
    while (!unfinished.isEmpty() && unfinished.peek().stored().get()) {
      Entry done = unfinished.remove();
      done.summary().lastEnd().ifPresent(context.state()::sawCommit);
      if (Upkeep.endsLog(done.segment())) {
        upkeep.sealLog(done.segment());
      }
    }
  }

  /** Until another is complete, it is what a new stream begins behind. */
  private void removeNewestIfStored() {
    if (newest != null && newest.stored().get()) {
      spool.remove(newest.segment());
    }
  }

  private synchronized void ended(ByteBuffer buffer) {
    context.pool().giveSpare(buffer);
    underWay--;
    pump();
  }

  private static int checksum(ByteBuffer bytes) {
    CRC32C crc = new CRC32C();
    crc.update(bytes.duplicate());
    return (int) crc.getValue();
  }
}
