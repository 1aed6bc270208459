package io.tidemark.walarchiver;

import io.tidemark.config.TidemarkException;
import io.tidemark.postgres.Lsn;
import io.tidemark.postgres.WalSegment;
import io.tidemark.repository.WalArchive;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * What of a stream is on its way to the archive. The thread that reads gives and takes; the
 * uploader's threads put. After a whole segment its tails are removed, and after a log's last
 * segment its index is put.
 */
final class PutQueue implements AutoCloseable {
  private final WalArchive archive;
  private final SegmentPool pool;
  private final ArchiverState state;
  private final ArchiverListener listener;
  private final Uploader uploader;
  private final Upkeep upkeep;
  private final LinkedBlockingQueue<Returned> returned = new LinkedBlockingQueue<>();
  private final ArrayDeque<Returned> ahead = new ArrayDeque<>();

  /** Latest commits in what has returned and is not yet part of the gapless prefix. */
  private final TreeMap<Lsn, Instant> commits = new TreeMap<>();

  /** Last segments of logs that have not all been archived yet. */
  private final TreeMap<Lsn, WalSegment> logEnds = new TreeMap<>();

  private AtomicBoolean tailNeedless = new AtomicBoolean();

  /** Where the tail ends that is under way, which no other tail does. */
  private @Nullable Lsn tailUnderWay;

  private int segmentsUnderWay;

  /** Tails whose put has not returned, needless ones included. */
  private final AtomicInteger tailsHeld = new AtomicInteger();

  /**
   * A put that went through.
   *
   * @param whole whether it is the segment, or a tail of it
   */
  record Returned(OpenSegment.Part part, boolean whole) {}

  PutQueue(ArchiverContext context) {
    this.archive = context.archive();
    this.pool = context.pool();
    this.state = context.state();
    this.listener = context.listener();
    this.uploader = context.uploader();
    this.upkeep = new Upkeep(archive, uploader);
  }

  /** Counts the users of the segment's buffer; the caller is the first. */
  SharedBuffer share(OpenSegment segment) {
    return new SharedBuffer(() -> unused(segment));
  }

  /** Does what a process that was killed after it put {@code segment} may have left undone. */
  void tidyAfter(WalSegment segment) {
    upkeep.removeTails(segment);
    noteLogEnd(segment);
    advancedTo(segment.end());
  }

  /** Puts a tail; only while none is under way. */
  void tail(OpenSegment.Part part, SharedBuffer buffer) {
    AtomicBoolean needless = new AtomicBoolean();
    tailNeedless = needless;
    tailUnderWay = part.to();
    buffer.use();
    tailsHeld.incrementAndGet();
    uploader.start(
        new Uploader.Put(
            "a tail of " + part.segment(),
            () -> archive.putTail(part.segment(), part.from(), part.raw(), part.summary()),
            needless::get,
            () -> tailReturned(part),
            () -> {
              tailsHeld.decrementAndGet();
              buffer.release();
            }));
  }

  /** The open segment is complete: a tail of it that is still under way becomes needless. */
  void giveUpTail() {
    tailNeedless.set(true);
    tailUnderWay = null;
  }

  /** Puts a complete segment, which makes a tail of it that is still under way needless. */
  void segment(OpenSegment segment, SharedBuffer buffer) {
    OpenSegment.Part part = segment.all();
    giveUpTail();
    segmentsUnderWay++;
    buffer.use();
    uploader.start(
        new Uploader.Put(
            "segment " + part.segment(),
            () -> archive.putSegment(part.segment(), part.raw(), part.summary()),
            () -> false,
            () -> segmentReturned(segment, part),
            buffer::release));
    noteLogEnd(part.segment());
  }

  /** The next that has returned, or null. */
  @Nullable Returned poll() {
    Returned next = ahead.isEmpty() ? returned.poll() : ahead.poll();
    if (next != null && next.whole()) {
      segmentsUnderWay--;
    } else if (next != null && next.part().to().equals(tailUnderWay)) {
      tailUnderWay = null;
    }
    if (next != null) {
      next.part()
          .summary()
          .lastEnd()
          .ifPresent(at -> commits.merge(next.part().to(), at, PutQueue::later));
    }
    return next;
  }

  /** Waits until something has returned, or the time is over. */
  void await(Duration limit) {
    try {
      Returned next = returned.poll(limit.toMillis(), TimeUnit.MILLISECONDS);
      if (next != null) {
        ahead.add(next);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** The gapless prefix has grown to {@code mark}. */
  void advancedTo(Lsn mark) {
    Map<Lsn, Instant> now = commits.headMap(mark, true);
    now.values().stream().max(Instant::compareTo).ifPresent(state::sawCommit);
    now.clear();
    Map<Lsn, WalSegment> complete = logEnds.headMap(mark, true);
    complete.values().forEach(upkeep::sealLog);
    complete.clear();
  }

  boolean tailUnderWay() {
    return tailUnderWay != null;
  }

  /** Whether the put of any tail has not returned, and holds a buffer. */
  boolean holdsTail() {
    return tailsHeld.get() > 0;
  }

  int segmentsUnderWay() {
    return segmentsUnderWay;
  }

  /** Whether nothing is under way whose return matters. */
  boolean isIdle() {
    return tailUnderWay == null && segmentsUnderWay == 0;
  }

  /** Whether nothing at all is under way, not even what only tidies up. */
  boolean isDrained() {
    return uploader.isIdle() && returned.isEmpty() && ahead.isEmpty();
  }

  /** What ended all, if something did. */
  Optional<TidemarkException> failure() {
    return uploader.failure();
  }

  @Override
  public void close() {
    uploader.close();
  }

  private void tailReturned(OpenSegment.Part part) {
    state.bytesPut.addAndGet(part.to().minus(part.from()));
    state.tailsPut.incrementAndGet();
    listener.on(new ArchiverEvent.TailPut(part.segment(), part.from(), part.to()));
    returned.add(new Returned(part, false));
  }

  private void segmentReturned(OpenSegment segment, OpenSegment.Part part) {
    segment.markStored();
    state.bytesPut.addAndGet(part.to().minus(part.from()));
    state.segmentsPut.incrementAndGet();
    listener.on(new ArchiverEvent.SegmentPut(part.segment()));
    returned.add(new Returned(part, true));
  }

  /** Not before the last tail has returned, or it would stay behind. */
  private void unused(OpenSegment segment) {
    pool.give(segment.buffer());
    if (segment.isStored() && segment.hasTails()) {
      upkeep.removeTails(segment.segment());
    }
  }

  private void noteLogEnd(WalSegment segment) {
    if (Upkeep.endsLog(segment)) {
      logEnds.put(segment.end(), segment);
    }
  }

  private static Instant later(Instant a, Instant b) {
    return a.isAfter(b) ? a : b;
  }
}
