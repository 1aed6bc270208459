package io.tidemark.repository;

import io.tidemark.postgres.Lsn;
import io.tidemark.postgres.PostgresMajor;
import io.tidemark.postgres.Timeline;
import io.tidemark.postgres.TimelineHistory;
import io.tidemark.postgres.WalEvent;
import io.tidemark.postgres.WalInvalidException;
import io.tidemark.postgres.WalPageHeader;
import io.tidemark.postgres.WalScanner;
import io.tidemark.postgres.WalSegment;
import io.tidemark.postgres.WalSource;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/** Reads and decodes WAL on the way of a recovery along one history. For one thread. */
final class WalWayReader {
  /** A record has at most 1 GiB; no more segments than that are read to find where it begins. */
  private static final long MAX_RECORD_BYTES = 1L << 30;

  private final WalArchive archive;
  private final WalWay way;
  private final WalSource source;

  WalWayReader(
      WalArchive archive,
      ClusterIdentity identity,
      WalInventory inventory,
      TimelineHistory history) {
    this.archive = archive;
    this.way = new WalWay(inventory, history);
    this.source =
        new WalSource(
            PostgresMajor.of(identity.postgresMajor()),
            identity.systemId(),
            identity.walSegmentSize(),
            history);
  }

  WalWay way() {
    return way;
  }

  /** The segment's number, on no timeline in particular. */
  WalSegment segmentAt(Lsn lsn) {
    return WalSegment.containing(new Timeline(1), lsn, source.segmentSize());
  }

  /** Tells of all records that end in the segment, as far as it is archived. */
  void decode(WalSegment segment, Consumer<WalEvent> events) {
    List<ByteBuffer> files = filesFromRecordStart(segment);
    if (files.isEmpty()) {
      return;
    }
    WalSegment first =
        new WalSegment(segment.timeline(), segment.number() - files.size() + 1, segment.size());
    scan(
        first,
        files,
        event -> {
          if (event.end().isAfter(segment.start()) && !event.end().isAfter(segment.end())) {
            events.accept(event);
          }
        });
  }

  /** Where the last whole record at or before the segment begins, if one is found. */
  Optional<Lsn> lastRecordStart(WalSegment segment) {
    List<ByteBuffer> files = new ArrayList<>();
    for (WalSegment each = segment; maySearch(segment, each); each = previous(each)) {
      Optional<ByteBuffer> file = read(each);
      if (file.isEmpty()) {
        return Optional.empty();
      }
      files.addFirst(file.get());
      Optional<Lsn> start = scan(each, files, event -> {}).lastRecordStart();
      if (start.isPresent()) {
        return start;
      }
    }
    return Optional.empty();
  }

  private WalScanner scan(WalSegment first, List<ByteBuffer> files, Consumer<WalEvent> events) {
    WalScanner scanner = new WalScanner(source, first.start(), events);
    try {
      for (ByteBuffer file : files) {
        scanner.feed(scanner.next(), file.duplicate());
      }
    } catch (WalInvalidException e) {
      // Recovery ends there too; what was told before it stands.
      return scanner;
    }
    return scanner;
  }

  /** The segment, after those in which a record begins that ends in it. */
  private List<ByteBuffer> filesFromRecordStart(WalSegment segment) {
    List<ByteBuffer> files = new ArrayList<>();
    for (WalSegment each = segment; maySearch(segment, each); each = previous(each)) {
      Optional<ByteBuffer> file = read(each);
      if (file.isEmpty()) {
        break;
      }
      files.addFirst(file.get());
      long continued = continued(file.get());
      boolean last = each.equals(segment);
      if (continued == 0 || (!last && continued < segment.size().bytes() / 2)) {
        break;
      }
    }
    return files;
  }

  /** Bytes of a record that an earlier segment began. */
  private static long continued(ByteBuffer file) {
    if (file.remaining() < WalPageHeader.LONG_BYTES) {
      return 0;
    }
    byte[] start = new byte[WalPageHeader.LONG_BYTES];
    file.duplicate().get(start);
    WalPageHeader header = WalPageHeader.decode(start, 0);
    return header.continuesRecord() ? header.remaining() : 0;
  }

  private static boolean maySearch(WalSegment from, WalSegment at) {
    return at.number() >= 0 && from.start().minus(at.start()) <= MAX_RECORD_BYTES;
  }

  private static WalSegment previous(WalSegment segment) {
    return new WalSegment(segment.timeline(), segment.number() - 1, segment.size());
  }

  /** What recovery would read for a segment, without what does not belong to the way. */
  private Optional<ByteBuffer> read(WalSegment segment) {
    for (WalWay.Leg leg : way.asked(segment.start())) {
      Optional<ByteBuffer> file =
          switch (archive.read(segment.on(leg.timeline()))) {
            case SegmentContent.Whole whole -> cut(segment, whole.raw(), leg.limit(segment.end()));
            case SegmentContent.Composed composed ->
                cut(segment, composed.raw(), leg.limit(composed.end()));
            case SegmentContent.Absent _ -> Optional.empty();
          };
      if (file.isPresent()) {
        return file;
      }
    }
    return Optional.empty();
  }

  private static Optional<ByteBuffer> cut(WalSegment segment, ByteBuffer raw, Lsn end) {
    long length = end.minus(segment.start());
    return length > 0 ? Optional.of(raw.slice(0, (int) length)) : Optional.empty();
  }
}
