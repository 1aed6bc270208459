package io.tidemark.walarchiver;

import io.tidemark.config.ErrorCode;
import io.tidemark.config.TidemarkException;
import io.tidemark.postgres.Lsn;
import io.tidemark.postgres.WalEvent;
import io.tidemark.postgres.WalSegment;
import io.tidemark.repository.WalSummary;
import java.nio.ByteBuffer;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * The segment that is being received: its bytes so far, what they say, and how much of it lies in
 * tails. The thread that reads owns it; the bytes behind {@link #end} are never changed, so that
 * puts read them meanwhile.
 */
final class OpenSegment {
  /** After so many tails one from the segment's start, so that a reader needs few of them. */
  static final int TAILS_BEFORE_WHOLE = 64;

  private final WalSegment segment;
  private final ByteBuffer bytes;
  private final Optional<ByteBuffer> archived;
  private final SummaryBuilder whole = new SummaryBuilder();
  private SummaryBuilder sinceTail = new SummaryBuilder();
  private Lsn tailed;
  private int tails;
  private final AtomicBoolean stored = new AtomicBoolean();

  /**
   * A part of it to be put.
   *
   * @param from address of its first byte
   * @param to the address after its last
   * @param raw its bytes
   * @param summary of the records that end in it
   */
  record Part(WalSegment segment, Lsn from, Lsn to, ByteBuffer raw, WalSummary summary) {}

  /**
   * @param bytes room for exactly one segment
   * @param archived what is durable of it already, from the segment's start
   * @param tailed up to where that is in tails; the next begins there
   */
  OpenSegment(WalSegment segment, ByteBuffer bytes, Optional<ByteBuffer> archived, Lsn tailed) {
    this.segment = segment;
    this.bytes = bytes;
    this.archived = archived;
    this.tailed = tailed;
  }

  /** One of which nothing is known. */
  static OpenSegment begin(WalSegment segment, ByteBuffer bytes) {
    return new OpenSegment(segment, bytes, Optional.empty(), segment.start());
  }

  WalSegment segment() {
    return segment;
  }

  /** The address after the last byte received. */
  Lsn end() {
    return segment.start().plus(bytes.position());
  }

  /** The address after the last byte that is in a tail, or on its way there. */
  Lsn tailed() {
    return tailed;
  }

  /** Whether the archive may hold tails of it. */
  boolean hasTails() {
    return archived.isPresent() || tailed.isAfter(segment.start());
  }

  /** All of it has been put. */
  void markStored() {
    stored.set(true);
  }

  boolean isStored() {
    return stored.get();
  }

  /** For who puts it when this is no longer there. */
  AtomicBoolean stored() {
    return stored;
  }

  int room() {
    return bytes.remaining();
  }

  boolean isComplete() {
    return !bytes.hasRemaining();
  }

  /** Appends all of {@code data}, for which there must be room. */
  void append(ByteBuffer data) {
    requireSameAsArchived(data);
    bytes.put(data);
  }

  /** Takes note of a record that ends in it. */
  void add(WalEvent event) {
    whole.add(event);
    if (event.end().isAfter(tailed)) {
      sinceTail.add(event);
    }
  }

  /**
   * The next tail, up to {@code to}; the one after begins where this one ends.
   *
   * @param to the end of a record, after {@link #tailed}
   */
  Part nextTail(Lsn to) {
    tails++;
    boolean fromStart = tails % TAILS_BEFORE_WHOLE == 0;
    Lsn from = fromStart ? segment.start() : tailed;
    WalSummary summary = (fromStart ? whole : sinceTail).build();
    sinceTail = new SummaryBuilder();
    tailed = to;
    int begin = Math.toIntExact(from.minus(segment.start()));
    int length = Math.toIntExact(to.minus(from));
    return new Part(segment, from, to, bytes.slice(begin, length).asReadOnlyBuffer(), summary);
  }

  /** All of it, once it is complete. */
  Part all() {
    ByteBuffer raw = bytes.duplicate().flip().asReadOnlyBuffer();
    return new Part(segment, segment.start(), segment.end(), raw, whole.build());
  }

  /** What was received from {@code offset} of the segment on. */
  ByteBuffer received(int offset) {
    return bytes.duplicate().flip().position(offset);
  }

  /** For the pool, when nobody reads it any more. */
  ByteBuffer buffer() {
    return bytes;
  }

  private void requireSameAsArchived(ByteBuffer data) {
    if (archived.isEmpty() || bytes.position() >= archived.get().remaining()) {
      return;
    }
    int at = bytes.position();
    int length = Math.min(data.remaining(), archived.get().remaining() - at);
    ByteBuffer known = archived.get().slice(archived.get().position() + at, length);
    int difference = known.mismatch(data.slice(data.position(), length));
    if (difference >= 0) {
      throw new TidemarkException(
          ErrorCode.CONTENT_CONFLICT,
          "the server's WAL differs at %s of timeline %s from what is archived already"
              .formatted(segment.start().plus(at + difference), segment.timeline()),
          "Two servers wrote to one timeline, or this one was put back in time. Find out which is"
              + " right; promote the one to be kept, so that it gets a timeline of its own");
    }
  }
}
