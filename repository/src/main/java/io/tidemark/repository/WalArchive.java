package io.tidemark.repository;

import io.tidemark.config.ErrorCode;
import io.tidemark.config.TidemarkException;
import io.tidemark.postgres.Lsn;
import io.tidemark.postgres.Timeline;
import io.tidemark.postgres.TimelineHistory;
import io.tidemark.postgres.WalSegment;
import io.tidemark.repository.SealedHeader.Kind;
import io.tidemark.store.ObjectInfo;
import io.tidemark.store.StoreException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.Gatherers;
import java.util.stream.LongStream;
import java.util.stream.Stream;

/**
 * A cluster's archived WAL: whole segments, tails of the open one, histories, gaps. Safe for use by
 * many threads.
 */
public final class WalArchive {
  /** A history has a line of less than 100 bytes per promotion. */
  private static final int MAX_HISTORY_BYTES = 1 << 20;

  /** Up to so many, asking for each is cheaper than listing the log. */
  private static final int FEW_SEGMENTS = 8;

  private final Part part;
  private final SegmentReader segments;
  private final LogIndexes indexes;
  private final Lister lister;

  WalArchive(Part part) {
    this.part = part;
    this.segments = new SegmentReader(part);
    this.indexes = new LogIndexes(part, segments);
    this.lister = new Lister(part, this, indexes);
  }

  /**
   * Puts a whole segment. Durable when it returns; success also where the same bytes are there.
   *
   * @param raw exactly one segment, from position to limit
   * @throws TidemarkException CONTENT_CONFLICT naming both writers, POSTGRES_DATA_INVALID where its
   *     first page is not this segment's
   */
  public void putSegment(WalSegment segment, ByteBuffer raw, WalSummary summary) {
    if (raw.remaining() != segment.size().bytes()) {
      throw new IllegalArgumentException(
          "segment "
              + segment
              + " has "
              + raw.remaining()
              + " bytes instead of "
              + segment.size().bytes());
    }
    requireStart(segment, raw);
    part.sealed().put(part.keys().segment(segment), Kind.SEGMENT, SummaryJson.toJson(summary), raw);
  }

  /**
   * Puts a part of a segment that is not complete yet. Durable when it returns.
   *
   * @param from address of the first byte of {@code raw}; the rest of it follows
   * @throws TidemarkException as for {@link #putSegment}
   */
  public void putTail(WalSegment segment, Lsn from, ByteBuffer raw, WalSummary summary) {
    Lsn to = from.plus(raw.remaining());
    if (!segment.contains(from) || !to.isAfter(from) || to.isAfter(segment.end())) {
      throw new IllegalArgumentException(
          raw.remaining() + " bytes at " + from + " are not a part of segment " + segment);
    }
    if (from.equals(segment.start())) {
      requireStart(segment, raw);
    }
    String key = part.keys().tail(segment, from.minus(segment.start()), to.minus(segment.start()));
    part.sealed().put(key, Kind.TAIL, SummaryJson.toJson(summary), raw);
  }

  private void requireStart(WalSegment segment, ByteBuffer raw) {
    if (!segment.size().equals(part.identity().walSegmentSize())) {
      throw new IllegalArgumentException(
          "segments of " + segment.size() + " in an archive of " + part.identity());
    }
    SegmentStart.problem(part.identity(), segment, raw)
        .ifPresent(
            problem -> {
              throw new TidemarkException(
                  ErrorCode.POSTGRES_DATA_INVALID,
                  "what was to be archived as " + segment + " is not that segment: " + problem,
                  "Nothing was stored. Is this the server that the repository belongs to?");
            });
  }

  /** Removes the tails of a segment, which must be there whole. */
  public void removeTails(WalSegment segment) {
    // The segment counts only once it is there: without it, its tails are all there is.
    if (part.store().head(part.keys().segment(segment)).isEmpty()) {
      throw new StoreException(
          StoreException.Kind.NOT_FOUND,
          "there is no "
              + part.keys().segment(segment)
              + " in "
              + part.store().describe()
              + "; its tails are kept",
          "Put the segment first.",
          null);
    }
    try (Stream<ObjectInfo> tails = part.store().list(part.keys().tails(segment))) {
      part.store().deleteAll(tails.map(ObjectInfo::key).toList());
    }
  }

  /**
   * Removes the tails that somebody who was interrupted left beside their whole segment, in the
   * logs that have no index.
   *
   * @return how many were removed
   */
  public int removeLeftTails() {
    int removed = 0;
    for (Timeline timeline : lister.timelines(new ArrayList<>())) {
      for (WalSegment log : logs(timeline).listed()) {
        List<String> left = lister.leftTails(log);
        part.store().deleteAll(left);
        removed += left.size();
      }
    }
    return removed;
  }

  /**
   * Puts a timeline's history file, before any WAL of that timeline.
   *
   * @throws TidemarkException POSTGRES_DATA_INVALID where it is not one, CONTENT_CONFLICT where
   *     another server became the same timeline
   */
  public void putHistory(Timeline timeline, byte[] file) {
    try {
      TimelineHistory.parse(timeline, file);
    } catch (IllegalArgumentException e) {
      throw new TidemarkException(
          ErrorCode.POSTGRES_DATA_INVALID,
          "what was to be archived as "
              + timeline.historyFileName()
              + " is none: "
              + e.getMessage(),
          "Nothing was stored. Look at that file in pg_wal.",
          e);
    }
    part.sealed()
        .put(part.keys().history(timeline), Kind.HISTORY, Json.object(), ByteBuffer.wrap(file));
  }

  /** The history file as PostgreSQL wrote it, or empty where it is not in the archive. */
  public Optional<byte[]> historyFile(Timeline timeline) {
    try {
      ByteBuffer raw =
          part.sealed().read(part.keys().history(timeline), Kind.HISTORY, MAX_HISTORY_BYTES).raw();
      byte[] file = new byte[raw.remaining()];
      raw.get(file);
      return Optional.of(file);
    } catch (StoreException e) {
      if (e.kind() == StoreException.Kind.NOT_FOUND) {
        return Optional.empty();
      }
      throw e;
    }
  }

  /** The parsed history; of timeline 1 without asking, or empty where it is not in the archive. */
  public Optional<TimelineHistory> history(Timeline timeline) {
    if (timeline.id() == 1) {
      return Optional.of(TimelineHistory.root(timeline));
    }
    try {
      return historyFile(timeline).map(file -> TimelineHistory.parse(timeline, file));
    } catch (IllegalArgumentException e) {
      throw part.damage(part.keys().history(timeline)).found(String.valueOf(e.getMessage()), e);
    }
  }

  /** Puts a gap on record. */
  public void recordGap(WalGap gap) {
    GapObject.put(part, gap);
  }

  /** Puts the index of a log once all its segments are there; without effect until then. */
  public void sealLog(WalSegment lastOfLog) {
    indexes.seal(lastOfLog);
  }

  /** Puts the indexes of all logs whose segments are all there; for what was interrupted before. */
  public void sealLogs() {
    for (Timeline timeline : lister.timelines(new ArrayList<>())) {
      lister.logs(timeline, new ArrayList<>()).listed().forEach(indexes::seal);
    }
  }

  /**
   * One segment's bytes: whole, composed of tails, or absent. Absent means that the store was
   * reached and said so; a store that cannot be reached is a StoreException of kind UNAVAILABLE.
   *
   * @throws TidemarkException OBJECT_DAMAGED
   */
  public SegmentContent read(WalSegment segment) {
    return segments.read(segment);
  }

  /**
   * One whole segment's bytes, piece by piece, without holding all of them.
   *
   * @param sink takes each piece during the call; what it was given is right only when this returns
   * @return whether the whole segment is in the archive; where it is not, the sink was given
   *     nothing and {@link #read} knows more
   * @throws TidemarkException OBJECT_DAMAGED
   */
  public boolean readWhole(WalSegment segment, Consumer<ByteBuffer> sink) {
    return segments.readWhole(segment, sink);
  }

  /** What is there: logs that have an index are not listed, so it costs few requests. */
  public WalInventory inventory() {
    return lister.inventory();
  }

  /** What a timeline's WAL takes in the store, in bytes, without histories and indexes. */
  public long storedBytes(Timeline timeline) {
    Lister.Logs logs = logs(timeline);
    return LongStream.concat(
            logs.indexed().stream()
                .gather(Gatherers.mapConcurrent(LogIndexes.PARALLEL, indexes::storedBytes))
                .mapToLong(Long::longValue),
            logs.listed().stream().mapToLong(this::listedBytes))
        .sum();
  }

  private long listedBytes(WalSegment first) {
    try (Stream<ObjectInfo> objects = part.store().list(part.keys().log(first))) {
      return objects.mapToLong(ObjectInfo::size).sum();
    }
  }

  /**
   * The summaries of the segments, whole or open, from {@code from} to {@code to} inclusive, both
   * of one timeline; those that are not there are left out.
   */
  public List<SegmentSummary> summaries(WalSegment from, WalSegment to) {
    if (!from.timeline().equals(to.timeline())) {
      throw new IllegalArgumentException(from + " and " + to + " are on different timelines");
    }
    if (to.number() - from.number() < FEW_SEGMENTS) {
      return summaries(LongStream.rangeClosed(from.number(), to.number()).boxed(), from);
    }
    Lister.Logs logs = logs(from.timeline());
    return logs.between(from, to).stream()
        .gather(
            Gatherers.mapConcurrent(
                LogIndexes.PARALLEL, first -> summariesOfLog(logs, first, from, to)))
        .flatMap(List::stream)
        .toList();
  }

  Lister.Logs logs(Timeline timeline) {
    return lister.logs(timeline, new ArrayList<>());
  }

  /** As {@link #summaries}, of the log that begins with {@code first}. */
  List<SegmentSummary> summariesOfLog(
      Lister.Logs logs, WalSegment first, WalSegment from, WalSegment to) {
    if (!logs.indexed().contains(first)) {
      return listed(first, from, to);
    }
    return indexes.read(first).stream()
        .filter(each -> each.segment().compareTo(from) >= 0 && each.segment().compareTo(to) <= 0)
        .toList();
  }

  private List<SegmentSummary> listed(WalSegment first, WalSegment from, WalSegment to) {
    try (Stream<ObjectInfo> objects = part.store().list(part.keys().log(first))) {
      return summaries(
          objects
              .map(object -> WalKey.parse(part.keys(), object.key(), first.size()))
              .flatMap(Optional::stream)
              .flatMap(WalKey::segments)
              .filter(segment -> segment.compareTo(from) >= 0 && segment.compareTo(to) <= 0)
              .map(WalSegment::number)
              .distinct(),
          first);
    }
  }

  private List<SegmentSummary> summaries(Stream<Long> numbers, WalSegment any) {
    return numbers
        .map(number -> new WalSegment(any.timeline(), number, any.size()))
        .gather(Gatherers.mapConcurrent(LogIndexes.PARALLEL, segments::summary))
        .flatMap(Optional::stream)
        .toList();
  }
}
