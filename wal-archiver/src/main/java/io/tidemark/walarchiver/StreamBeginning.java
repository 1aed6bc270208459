package io.tidemark.walarchiver;

import io.tidemark.postgres.Lsn;
import io.tidemark.postgres.WalEvent;
import io.tidemark.postgres.WalInvalidException;
import io.tidemark.postgres.WalScanner;
import io.tidemark.postgres.WalSegment;
import io.tidemark.postgres.WalSource;
import io.tidemark.repository.SegmentContent;
import io.tidemark.repository.WalArchive;
import java.nio.ByteBuffer;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * What is read before a stream begins: what is known of its first segment, and the segment before
 * it, so that a record which crosses from one to the other is checked and counted. What the spool
 * has is read from there, so that a stream can begin while the store does not answer.
 */
final class StreamBeginning {
  private final WalArchive archive;
  private final WalSource source;
  private final Start.Stream start;
  private final Optional<SpoolDrain> backlog;
  private final WalSegment first;
  private Optional<ByteBuffer> saved;
  private Optional<ByteBuffer> archived;
  private boolean priming;

  StreamBeginning(
      WalArchive archive, WalSource source, Start.Stream start, Optional<SpoolDrain> backlog) {
    this.archive = archive;
    this.source = source;
    this.start = start;
    this.backlog = backlog;
    this.first = WalSegment.containing(start.timeline(), start.from(), source.segmentSize());
    this.saved = savedPart();
    this.archived = saved.isPresent() ? Optional.empty() : archivedPart();
  }

  WalSegment first() {
    return first;
  }

  /** Everything before it is durable. */
  Lsn durable() {
    return Lsn.max(start.durable(), first.start().plus(length(saved.or(() -> archived))));
  }

  /** Everything before it is in the repository. */
  Lsn archived() {
    Lsn reached = saved.isPresent() ? first.start() : durable();
    return backlog
        .flatMap(b -> b.oldest(start.timeline()))
        .map(oldest -> Lsn.min(oldest, reached))
        .orElse(reached);
  }

  /** The first segment, to be received into {@code buffer} and held to what is known of it. */
  OpenSegment open(ByteBuffer buffer) {
    // Which part of what is saved has reached a tail is not known: tails begin anew.
    Lsn tailed = first.start().plus(length(archived));
    Optional<ByteBuffer> known = saved.or(() -> archived);
    saved = Optional.empty();
    archived = Optional.empty();
    return new OpenSegment(first, buffer, known, tailed);
  }

  /**
   * A scanner that has read the segment before, where that is archived: WAL that does not continue
   * it is noticed.
   *
   * @param continued gets the segment before if the archive has it whole
   */
  WalScanner scanner(Consumer<WalEvent> events, Consumer<WalSegment> continued) {
    Consumer<WalEvent> fromFirst =
        event -> {
          if (!priming) {
            events.accept(event);
          }
        };
    if (start.continues() && !first.start().equals(Lsn.ZERO)) {
      Lsn at = new Lsn(first.start().value() - source.segmentSize().bytes());
      WalSegment before =
          WalSegment.containing(source.history().timelineAt(at), at, source.segmentSize());
      Optional<WalScanner> primed =
          whole(before, continued).flatMap(raw -> primed(at, raw, fromFirst));
      if (primed.isPresent()) {
        return primed.get();
      }
    }
    return new WalScanner(source, first.start(), fromFirst);
  }

  private Optional<ByteBuffer> savedPart() {
    return backlog
        .flatMap(b -> b.spool().saved(first))
        .filter(bytes -> first.start().plus(bytes.remaining()).isAtLeast(start.durable()));
  }

  private Optional<ByteBuffer> archivedPart() {
    if (backlog.isPresent() && !start.durable().isAfter(first.start())) {
      // Nothing of it is in the archive, and the store need not be there to say so.
      return Optional.empty();
    }
    return switch (archive.read(first)) {
      case SegmentContent.Whole(ByteBuffer raw) -> Optional.of(raw);
      case SegmentContent.Composed(ByteBuffer raw, Lsn to) -> {
        int length = Math.toIntExact(to.minus(first.start()));
        yield Optional.of(raw.slice(raw.position(), length));
      }
      case SegmentContent.Absent() -> Optional.empty();
    };
  }

  private Optional<ByteBuffer> whole(WalSegment segment, Consumer<WalSegment> continued) {
    Optional<ByteBuffer> spooled = backlog.flatMap(b -> b.newest(segment));
    if (spooled.isPresent()) {
      return spooled;
    }
    if (archive.read(segment) instanceof SegmentContent.Whole(ByteBuffer raw)) {
      continued.accept(segment);
      return Optional.of(raw);
    }
    return Optional.empty();
  }

  /** Empty where what is archived is not valid: to find that is the work of verify. */
  private Optional<WalScanner> primed(Lsn at, ByteBuffer raw, Consumer<WalEvent> events) {
    WalScanner primed = new WalScanner(source, at, events);
    priming = true;
    try {
      primed.feed(at, raw);
      return Optional.of(primed);
    } catch (WalInvalidException e) {
      return Optional.empty();
    } finally {
      priming = false;
    }
  }

  private static int length(Optional<ByteBuffer> bytes) {
    return bytes.map(ByteBuffer::remaining).orElse(0);
  }
}
