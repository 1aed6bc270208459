package io.tidemark.repository;

import io.tidemark.postgres.WalSegment;
import io.tidemark.repository.SealedHeader.Kind;
import io.tidemark.repository.SealedObjects.Opened;
import io.tidemark.repository.WalKey.Tail;
import io.tidemark.store.ObjectInfo;
import io.tidemark.store.StoreException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.stream.Stream;

/** Reads one segment, or what is known of it: the whole segment, or else its tails. */
final class SegmentReader {
  /** A tail vanishes only after its segment was put, so one more look should do. */
  private static final int MAX_LOOKS = 5;

  private final Part part;

  SegmentReader(Part part) {
    this.part = part;
  }

  /** What the tails make, or absent. */
  private interface FromTails<T> {
    T compose(TailChain chain);
  }

  SegmentContent read(WalSegment segment) {
    return this.<SegmentContent>look(
        segment,
        () -> whole(segment),
        chain -> compose(segment, chain),
        SegmentContent.Absent::new);
  }

  /** Empty where neither the segment nor a tail that begins it is there. */
  Optional<SegmentSummary> summary(WalSegment segment) {
    return this.<Optional<SegmentSummary>>look(
        segment,
        () -> Optional.of(wholeSummary(segment)),
        chain -> Optional.of(composedSummary(segment, chain)),
        Optional::empty);
  }

  private <T> T look(
      WalSegment segment, Supplier<T> whole, FromTails<T> fromTails, Supplier<T> absent) {
    for (int i = 0; i < MAX_LOOKS; i++) {
      Optional<T> found = ifThere(whole);
      if (found.isPresent()) {
        return found.get();
      }
      TailChain chain = TailChain.of(tails(segment));
      if (chain.end() > 0) {
        found = ifThere(() -> fromTails.compose(chain));
        if (found.isPresent()) {
          return found.get();
        }
      } else if (part.store().head(part.keys().segment(segment)).isEmpty()) {
        // Asked again: it may have been put, and its tails removed, between the two looks.
        return absent.get();
      }
    }
    throw new StoreException(
        StoreException.Kind.UNAVAILABLE,
        part.store().describe()
            + " lists tails of "
            + segment
            + ", does not find them, and has no such segment either",
        "Try again; if it stays so, the store's listings are not up to date.",
        null);
  }

  private static <T> Optional<T> ifThere(Supplier<T> reading) {
    try {
      return Optional.of(reading.get());
    } catch (StoreException e) {
      if (e.kind() == StoreException.Kind.NOT_FOUND) {
        return Optional.empty();
      }
      throw e;
    }
  }

  private List<Tail> tails(WalSegment segment) {
    List<Tail> tails = new ArrayList<>();
    try (Stream<ObjectInfo> listed = part.store().list(part.keys().tails(segment))) {
      listed
          .map(object -> WalKey.parse(part.keys(), object.key(), segment.size()))
          .flatMap(Optional::stream)
          .forEach(
              key -> {
                if (key instanceof Tail tail) {
                  tails.add(tail);
                }
              });
    }
    return tails;
  }

  /** As {@link WalArchive#readWhole}. */
  boolean readWhole(WalSegment segment, Consumer<ByteBuffer> sink) {
    String key = part.keys().segment(segment);
    return ifThere(
            () -> part.sealed().read(key, Kind.SEGMENT, new WholeSegment(key, segment, sink)))
        .isPresent();
  }

  /** Hands on the pieces of a whole segment, after the first look at each. */
  private final class WholeSegment implements SealedObjects.Sink {
    private final String key;
    private final WalSegment segment;
    private final Consumer<ByteBuffer> sink;
    private boolean begun;

    WholeSegment(String key, WalSegment segment, Consumer<ByteBuffer> sink) {
      this.key = key;
      this.segment = segment;
      this.sink = sink;
    }

    /** No more than this comes: the reader holds the object to what its header says. */
    @Override
    public void expect(long raw) {
      requireLength(key, raw, segment.size().bytes());
    }

    @Override
    public void accept(ByteBuffer piece) {
      if (!begun) {
        requireStart(key, segment, piece);
        begun = true;
      }
      sink.accept(piece);
    }
  }

  private SegmentContent whole(WalSegment segment) {
    String key = part.keys().segment(segment);
    Opened opened = part.sealed().read(key, Kind.SEGMENT, segment.size().bytes());
    requireLength(key, opened.raw().remaining(), segment.size().bytes());
    requireStart(key, segment, opened.raw());
    return new SegmentContent.Whole(opened.raw());
  }

  private SegmentContent compose(WalSegment segment, TailChain chain) {
    ByteBuffer raw = ByteBuffer.allocate(segment.size().bytes());
    for (Tail tail : chain.tails()) {
      String key = part.keys().tail(segment, tail.from(), tail.to());
      int length = (int) (tail.to() - tail.from());
      Opened opened = part.sealed().read(key, Kind.TAIL, length);
      requireLength(key, opened.raw().remaining(), length);
      if (tail.from() == 0) {
        requireStart(key, segment, opened.raw());
      }
      raw.put((int) tail.from(), opened.raw(), 0, length);
    }
    return new SegmentContent.Composed(raw, segment.start().plus(chain.end()));
  }

  private void requireLength(String key, long found, int expected) {
    if (found != expected) {
      throw part.damage(key).found("it holds " + found + " raw bytes; its name says " + expected);
    }
  }

  private void requireStart(String key, WalSegment segment, ByteBuffer raw) {
    SegmentStart.problem(part.identity(), segment, raw)
        .ifPresent(
            problem -> {
              throw part.damage(key).found(problem);
            });
  }

  SegmentSummary wholeSummary(WalSegment segment) {
    String key = part.keys().segment(segment);
    SealedHeader header = part.sealed().header(key, Kind.SEGMENT);
    if (header.raw().orElse(-1) != segment.size().bytes()) {
      throw part.damage(key)
          .found(
              "its header says "
                  + header.raw().orElse(-1)
                  + " raw bytes; a segment has "
                  + segment.size().bytes());
    }
    return summary(key, segment, segment.size().bytes(), header);
  }

  private SegmentSummary composedSummary(WalSegment segment, TailChain chain) {
    WalSummary summary = WalSummary.EMPTY;
    long leftOut = 0;
    for (Tail tail : chain.tails()) {
      String key = part.keys().tail(segment, tail.from(), tail.to());
      SegmentSummary each = summary(key, segment, tail.to(), part.sealed().header(key, Kind.TAIL));
      summary = summary.plus(each.summary());
      leftOut += each.restorePointsLeftOut();
    }
    return new SegmentSummary(
        segment, segment.start().plus(chain.end()), distinctPoints(summary), leftOut);
  }

  /** Tails that overlap tell of the same restore point twice. */
  private static WalSummary distinctPoints(WalSummary summary) {
    return new WalSummary(
        summary.commits(),
        summary.firstEnd(),
        summary.lastEnd(),
        summary.minXid(),
        summary.maxXid(),
        summary.restorePoints().stream().distinct().toList(),
        summary.tablespacesMade());
  }

  private SegmentSummary summary(String key, WalSegment segment, long to, SealedHeader header) {
    try {
      return SummaryJson.fromJson(segment, segment.start().plus(to), header.about());
    } catch (IllegalArgumentException e) {
      throw part.damage(key).found("its header's summary cannot be read: " + e.getMessage(), e);
    }
  }
}
