package io.tidemark.repository;

import io.tidemark.config.ErrorCode;
import io.tidemark.config.TidemarkException;
import io.tidemark.postgres.Lsn;
import io.tidemark.postgres.Timeline;
import io.tidemark.postgres.TimelineHistory;
import io.tidemark.postgres.WalSegment;
import io.tidemark.repository.WalInventory.Stretch;
import io.tidemark.repository.WalInventory.TimelineInventory;
import io.tidemark.store.ObjectInfo;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableSet;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Gatherers;
import java.util.stream.Stream;

/** Takes stock of the WAL archive: lists only the logs that have no index. */
final class Lister {
  private static final String NOT_OURS = " is nothing of this repository's format";

  private final Part part;
  private final WalArchive archive;
  private final LogIndexes indexes;

  Lister(Part part, WalArchive archive, LogIndexes indexes) {
    this.part = part;
    this.archive = archive;
    this.indexes = indexes;
  }

  /**
   * The logs of a timeline.
   *
   * @param indexed the first segments of those that have an index
   * @param listed of those that have none
   */
  record Logs(NavigableSet<WalSegment> indexed, NavigableSet<WalSegment> listed) {
    /** The first segments of the logs that segments from {@code from} to {@code to} are in. */
    List<WalSegment> between(WalSegment from, WalSegment to) {
      return Stream.concat(indexed.stream(), listed.stream())
          .filter(first -> first.compareTo(to) <= 0 && endOfLog(first).isAfter(from.start()))
          .sorted()
          .toList();
    }
  }

  WalInventory inventory() {
    List<String> remarks = new ArrayList<>();
    List<TimelineInventory> timelines = new ArrayList<>();
    for (Timeline timeline : timelines(remarks)) {
      timelines.add(inventory(timeline, remarks));
    }
    return new WalInventory(part.identity().walSegmentSize(), timelines, remarks);
  }

  NavigableSet<Timeline> timelines(Collection<String> remarks) {
    TreeSet<Timeline> timelines = new TreeSet<>();
    String prefix = part.keys().timelines();
    for (String name : part.store().children(prefix)) {
      timeline(name).ifPresentOrElse(timelines::add, () -> remarks.add(prefix + name + NOT_OURS));
    }
    return timelines;
  }

  private static Optional<Timeline> timeline(String name) {
    try {
      return name.endsWith("/")
          ? Optional.of(Timeline.parseHex(name.substring(0, name.length() - 1)))
          : Optional.empty();
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
  }

  /** The logs of which something is there. */
  Logs logs(Timeline timeline, Collection<String> remarks) {
    NavigableSet<WalSegment> indexed = indexes.of(timeline);
    NavigableSet<WalSegment> there = new TreeSet<>();
    String prefix = part.keys().timeline(timeline);
    for (String name : part.store().children(prefix)) {
      Optional<WalSegment> first = firstOfLog(timeline, name);
      first.ifPresent(there::add);
      if (first.isEmpty() && !Keys.isKnownInTimeline(name)) {
        remarks.add(prefix + name + NOT_OURS);
      }
    }
    indexed.retainAll(there);
    there.removeAll(indexed);
    return new Logs(indexed, there);
  }

  private Optional<WalSegment> firstOfLog(Timeline timeline, String name) {
    String segment = timeline.hex() + name.replace("/", "") + "00000000";
    return name.endsWith("/") && WalSegment.isName(segment)
        ? Optional.of(WalSegment.parse(segment, part.identity().walSegmentSize()))
        : Optional.empty();
  }

  private TimelineInventory inventory(Timeline timeline, Collection<String> remarks) {
    Logs logs = logs(timeline, remarks);
    List<Stretch> pieces = new ArrayList<>();
    logs.indexed().forEach(first -> pieces.add(new Stretch(first.start(), endOfLog(first))));
    logs.listed().stream()
        .gather(Gatherers.mapConcurrent(LogIndexes.PARALLEL, this::list))
        .forEach(
            listed -> {
              pieces.addAll(listed.pieces());
              remarks.addAll(listed.unknown());
            });
    Coverage coverage = Coverage.of(timeline, pieces, gaps(timeline, remarks), Instant.now());
    return new TimelineInventory(
        timeline, history(timeline, remarks), coverage.stretches(), coverage.gaps());
  }

  static Lsn endOfLog(WalSegment first) {
    return first.start().plus(0x1_0000_0000L);
  }

  /** What is there of one log. */
  private record Listed(List<Stretch> pieces, List<String> unknown) {}

  private Listed list(WalSegment first) {
    List<Stretch> pieces = new ArrayList<>();
    List<String> unknown = new ArrayList<>();
    Map<WalSegment, List<WalKey.Tail>> tails = new TreeMap<>();
    try (Stream<ObjectInfo> listed = part.store().list(part.keys().log(first))) {
      for (ObjectInfo object : (Iterable<ObjectInfo>) listed::iterator) {
        switch (WalKey.parse(part.keys(), object.key(), first.size()).orElse(null)) {
          case WalKey.Segment found ->
              pieces.add(new Stretch(found.segment().start(), found.segment().end()));
          case WalKey.Tail tail ->
              tails.computeIfAbsent(tail.segment(), s -> new ArrayList<>()).add(tail);
          case null, default -> unknown.add(object.key() + NOT_OURS);
        }
      }
    }
    tails.forEach(
        (segment, all) -> {
          long end = TailChain.of(all).end();
          if (end > 0) {
            pieces.add(new Stretch(segment.start(), segment.start().plus(end)));
          }
        });
    return new Listed(pieces, unknown);
  }

  /** The keys of tails in the log of {@code log} whose segment is there whole. */
  List<String> leftTails(WalSegment log) {
    Set<WalSegment> whole = new HashSet<>();
    Map<String, WalSegment> tails = new LinkedHashMap<>();
    try (Stream<ObjectInfo> objects = part.store().list(part.keys().log(log))) {
      for (ObjectInfo object : (Iterable<ObjectInfo>) objects::iterator) {
        switch (WalKey.parse(part.keys(), object.key(), log.size()).orElse(null)) {
          case WalKey.Segment(WalSegment segment) -> whole.add(segment);
          case WalKey.Tail tail -> tails.put(object.key(), tail.segment());
          case null, default -> {}
        }
      }
    }
    tails.values().retainAll(whole);
    return List.copyOf(tails.keySet());
  }

  /** Where a history cannot be had, that is remarked, and the rest of the archive still counts. */
  private TimelineHistory history(Timeline timeline, Collection<String> remarks) {
    String key = part.keys().history(timeline);
    try {
      Optional<TimelineHistory> history = archive.history(timeline);
      if (history.isEmpty()) {
        remarks.add(key + " is missing");
      }
      return history.orElseGet(() -> TimelineHistory.root(timeline));
    } catch (TidemarkException e) {
      if (e.code() != ErrorCode.OBJECT_DAMAGED) {
        throw e;
      }
      remarks.add(e.getMessage());
      return TimelineHistory.root(timeline);
    }
  }

  private List<WalGap> gaps(Timeline timeline, Collection<String> remarks) {
    List<WalGap> gaps = new ArrayList<>();
    String prefix = part.keys().gaps(timeline);
    for (String name : part.store().children(prefix)) {
      Optional<WalKey> key =
          WalKey.parse(part.keys(), prefix + name, part.identity().walSegmentSize());
      if (key.isPresent() && key.get() instanceof WalKey.Gap gap) {
        gaps.add(GapObject.read(part, gap, remarks));
      } else {
        remarks.add(prefix + name + NOT_OURS);
      }
    }
    return gaps;
  }
}
