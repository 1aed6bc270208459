package io.tidemark.repository;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.tidemark.postgres.Timeline;
import io.tidemark.postgres.WalSegment;
import io.tidemark.repository.SealedHeader.Kind;
import io.tidemark.store.ObjectInfo;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.NavigableSet;
import java.util.Optional;
import java.util.TreeSet;
import java.util.stream.Gatherers;
import java.util.stream.Stream;

/** The indexes of complete logs: 256 segments of 16 MiB in one small object. */
final class LogIndexes {
  /** Requests under way at once. */
  static final int PARALLEL = 16;

  /** Far more than 4096 segments of 1 MiB can say. */
  private static final int MAX_BYTES = 256 << 20;

  private final Part part;
  private final SegmentReader segments;

  LogIndexes(Part part, SegmentReader segments) {
    this.part = part;
    this.segments = segments;
  }

  /** The first segments of the logs of {@code timeline} that have an index. */
  NavigableSet<WalSegment> of(Timeline timeline) {
    NavigableSet<WalSegment> logs = new TreeSet<>();
    String prefix = part.keys().indexes(timeline);
    for (String name : part.store().children(prefix)) {
      Optional<WalKey> key =
          WalKey.parse(part.keys(), prefix + name, part.identity().walSegmentSize());
      if (key.isPresent() && key.get() instanceof WalKey.Index index) {
        logs.add(index.first());
      }
    }
    return logs;
  }

  /** Puts the index of the log of {@code any} if its segments are all there and it has none. */
  void seal(WalSegment any) {
    if (part.store().head(part.keys().index(any)).isPresent()) {
      return;
    }
    List<WalSegment> there = new ArrayList<>();
    long storedBytes = 0;
    try (Stream<ObjectInfo> listed = part.store().list(part.keys().log(any))) {
      for (ObjectInfo object : (Iterable<ObjectInfo>) listed::iterator) {
        Optional<WalKey> key = WalKey.parse(part.keys(), object.key(), any.size());
        if (key.isPresent() && key.get() instanceof WalKey.Segment found) {
          there.add(found.segment());
          storedBytes += object.size();
        }
      }
    }
    if (there.size() == any.size().segmentsPerLog()) {
      put(any, there, storedBytes);
    }
  }

  private void put(WalSegment any, List<WalSegment> all, long storedBytes) {
    ByteArrayOutputStream lines = new ByteArrayOutputStream();
    all.stream()
        .gather(Gatherers.mapConcurrent(PARALLEL, segments::wholeSummary))
        .forEach(summary -> lines.writeBytes(line(summary)));
    ObjectNode about = Json.object().put("segments", all.size()).put("storedBytes", storedBytes);
    part.sealed()
        .put(part.keys().index(any), Kind.INDEX, about, ByteBuffer.wrap(lines.toByteArray()));
  }

  private static byte[] line(SegmentSummary summary) {
    ObjectNode json = Json.object().put("segment", summary.segment().name());
    json.setAll(SummaryJson.toJson(summary));
    return (Json.text(json) + "\n").getBytes(StandardCharsets.UTF_8);
  }

  /** What an index says of its segments, in order. */
  List<SegmentSummary> read(WalSegment first) {
    String key = part.keys().index(first);
    ByteBuffer raw = part.sealed().read(key, Kind.INDEX, MAX_BYTES).raw();
    List<SegmentSummary> summaries = new ArrayList<>();
    try {
      WalSegment expected = first;
      for (String line : StandardCharsets.UTF_8.decode(raw).toString().lines().toList()) {
        ObjectNode json = Json.parse(line);
        if (!Json.string(json, "segment").equals(expected.name())) {
          throw new IllegalArgumentException("a line is not of segment " + expected);
        }
        summaries.add(SummaryJson.fromJson(expected, expected.end(), json));
        expected = expected.next();
      }
    } catch (IllegalArgumentException e) {
      throw part.damage(key).found(String.valueOf(e.getMessage()), e);
    }
    if (summaries.size() != first.size().segmentsPerLog()) {
      throw part.damage(key).found("it has " + summaries.size() + " lines, too few");
    }
    return summaries;
  }

  /** What the segments of an indexed log take in the store, in bytes. */
  long storedBytes(WalSegment first) {
    String key = part.keys().index(first);
    try {
      return Json.number(part.sealed().header(key, Kind.INDEX).about(), "storedBytes");
    } catch (IllegalArgumentException e) {
      throw part.damage(key).found(String.valueOf(e.getMessage()), e);
    }
  }
}
