package io.tidemark.repository;

import io.tidemark.config.TidemarkException;
import io.tidemark.postgres.Lsn;
import io.tidemark.postgres.PostgresMajor;
import io.tidemark.postgres.Timeline;
import io.tidemark.postgres.TimelineHistory;
import io.tidemark.postgres.WalInvalidException;
import io.tidemark.postgres.WalScanner;
import io.tidemark.postgres.WalSegment;
import io.tidemark.postgres.WalSource;
import io.tidemark.repository.SealedHeader.Kind;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.NavigableSet;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Gatherers;
import org.jspecify.annotations.Nullable;

/**
 * Reads all archived WAL of a timeline: each object by itself, and as PostgreSQL would, record by
 * record, also across the ends of segments.
 */
final class WalVerifier {
  /** So many segments are one thread's work; one more is read at its end. */
  private static final int CHUNK = 32;

  private static final int PAGE = 8192;
  private static final String LOST =
      "no recovery can cross it: take a new full backup now, or put the object back from a copy";

  private final Part part;
  private final WalArchive archive;
  private final VerificationOptions options;
  private final VerificationLog log;

  WalVerifier(Part part, WalArchive archive, VerificationOptions options, VerificationLog log) {
    this.part = part;
    this.archive = archive;
    this.options = options;
    this.log = log;
  }

  /** Reads all of the archive that was listed. */
  void verify() {
    Map<Timeline, NavigableSet<WalSegment>> segments = new TreeMap<>();
    List<String> others = new ArrayList<>();
    for (String key : log.objects().tailMap(part.keys().timelines(), true).keySet()) {
      if (!key.startsWith(part.keys().timelines())) {
        break;
      }
      Optional<WalKey> parsed = WalKey.parse(part.keys(), key, part.identity().walSegmentSize());
      parsed.stream()
          .flatMap(WalKey::segments)
          .forEach(
              segment ->
                  segments
                      .computeIfAbsent(segment.timeline(), timeline -> new TreeSet<>())
                      .add(segment));
      if (parsed.isPresent() && !(parsed.get() instanceof WalKey.Segment)) {
        others.add(key);
      }
    }
    others.stream()
        .gather(Gatherers.mapConcurrent(options.threads(), this::verifyOther))
        .forEach(log::done);
    segments.forEach(this::verify);
  }

  /** A tail, an index, a history or a gap; gives back its key. */
  private String verifyOther(String key) {
    WalKey parsed = WalKey.parse(part.keys(), key, part.identity().walSegmentSize()).orElseThrow();
    log.attempt(
        key,
        () -> {
          switch (parsed) {
            case WalKey.Tail _ -> part.sealed().read(key, Kind.TAIL, piece -> {});
            case WalKey.Index(WalSegment first) -> verifyIndex(key, first);
            case WalKey.History(Timeline timeline) -> archive.history(timeline);
            case WalKey.Gap _, WalKey.Segment _ -> {}
          }
        });
    return key;
  }

  private void verifyIndex(String key, WalSegment first) {
    part.sealed().read(key, Kind.INDEX, piece -> {});
    WalSegment segment = first;
    for (long i = 0; i < first.size().segmentsPerLog(); i++) {
      if (!log.isThere(part.keys().segment(segment))) {
        log.error(
            part.keys().segment(segment),
            "it is missing, although the index of its log has it",
            LOST);
      }
      segment = segment.next();
    }
  }

  private void verify(Timeline timeline, NavigableSet<WalSegment> segments) {
    Optional<WalSource> source = source(timeline);
    List<List<WalSegment>> chunks = new ArrayList<>();
    for (WalSegment segment : segments) {
      boolean goesOn =
          !chunks.isEmpty()
              && chunks.getLast().getLast().next().equals(segment)
              && chunks.getLast().size() < CHUNK;
      if (!goesOn) {
        chunks.add(new ArrayList<>());
      }
      chunks.getLast().add(segment);
    }
    chunks.stream()
        .gather(
            Gatherers.mapConcurrent(
                options.threads(),
                chunk -> {
                  new Scan(source.orElse(null), segments).run(chunk);
                  return chunk.size();
                }))
        .forEach(count -> log.segments.addAndGet(count));
  }

  /** What the WAL must be like, where that is known. */
  private Optional<WalSource> source(Timeline timeline) {
    String key = part.keys().history(timeline);
    try {
      Optional<TimelineHistory> history = archive.history(timeline);
      if (history.isEmpty()) {
        log.error(
            key,
            "it is missing: no recovery can reach timeline " + timeline,
            "put " + timeline.historyFileName() + " of the server's pg_wal into the archive");
        return Optional.empty();
      }
      PostgresMajor major = PostgresMajor.of(part.identity().postgresMajor());
      return Optional.of(
          new WalSource(
              major, part.identity().systemId(), part.identity().walSegmentSize(), history.get()));
    } catch (TidemarkException e) {
      if (!VerificationLog.isDamage(e)) {
        throw e;
      }
      return Optional.empty();
    }
  }

  /** One thread's work. */
  private final class Scan {
    private final @Nullable WalSource source;
    private final NavigableSet<WalSegment> all;
    private @Nullable WalScanner scanner;

    /**
     * @param source null where records cannot be checked
     * @param all that are there of the timeline
     */
    Scan(@Nullable WalSource source, NavigableSet<WalSegment> all) {
      this.source = source;
      this.all = all;
    }

    void run(List<WalSegment> chunk) {
      for (WalSegment segment : chunk) {
        Optional<ByteBuffer> bytes = read(segment);
        if (bytes.isPresent()) {
          feed(segment, bytes.get(), Integer.MAX_VALUE);
        } else {
          scanner = null;
        }
        log.done(part.keys().segment(segment));
      }
      finishLastRecord(chunk.getLast());
    }

    /** What is archived of a segment; empty where it cannot be read, which is a finding. */
    private Optional<ByteBuffer> read(WalSegment segment) {
      List<ByteBuffer> found = new ArrayList<>();
      log.attempt(
          part.keys().segment(segment),
          () -> {
            switch (archive.read(segment)) {
              case SegmentContent.Whole(ByteBuffer raw) -> found.add(raw);
              case SegmentContent.Composed(ByteBuffer raw, Lsn end) ->
                  found.add(raw.slice(raw.position(), (int) end.minus(segment.start())));
              case SegmentContent.Absent _ ->
                  log.warning(
                      part.keys().segment(segment),
                      "its beginning is not archived: only later tails of it are",
                      "nothing, if the archiver is about to put the whole segment");
            }
          });
      return found.stream().findFirst();
    }

    /** A record may go on in the next segments: its CRC is known only at its end. */
    private void finishLastRecord(WalSegment last) {
      WalSegment next = last.next();
      while (isOpenAt(next.start()) && all.contains(next)) {
        Optional<ByteBuffer> bytes = read(next);
        if (bytes.isEmpty()) {
          return;
        }
        feed(next, bytes.get(), PAGE);
        next = next.next();
      }
    }

    private boolean isOpenAt(Lsn end) {
      WalScanner reading = scanner;
      return reading != null
          && reading.endOfWal().isEmpty()
          && reading.next().equals(end)
          && reading.lastRecordEnd().isBefore(end);
    }

    /**
     * @param step after so many bytes it asks whether the record that the last segment left open
     *     has ended
     */
    private void feed(WalSegment segment, ByteBuffer bytes, int step) {
      WalScanner reading = scannerAt(segment);
      if (reading == null) {
        return;
      }
      try {
        Lsn at = segment.start();
        ByteBuffer rest = bytes.slice();
        while (rest.hasRemaining()) {
          int count = Math.min(step, rest.remaining());
          reading.feed(at, rest.slice(rest.position(), count));
          rest.position(rest.position() + count);
          at = at.plus(count);
          if (step < bytes.limit() && reading.lastRecordEnd().isAtLeast(segment.start())) {
            scanner = null;
            return;
          }
        }
      } catch (WalInvalidException e) {
        log.error(part.keys().segment(segment), e.getMessage(), LOST);
        scanner = null;
      }
    }

    private @Nullable WalScanner scannerAt(WalSegment segment) {
      WalScanner reading = scanner;
      WalSource expected = source;
      if (expected == null) {
        return null;
      }
      if (reading == null || !reading.next().equals(segment.start())) {
        reading = new WalScanner(expected, segment.start(), event -> {});
        scanner = reading;
      }
      return reading;
    }
  }
}
